/* What the plugin tells its host: the manifest, static text in the library. */
#ifndef ECHO_MANIFEST_H
#define ECHO_MANIFEST_H

#define ECHO_MANIFEST                                                                           \
  "{\"tools\":["                                                                                \
  "{\"name\":\"echo_echo\",\"description\":\"Returns its arguments\",\"readOnly\":false,"       \
  "\"parameters\":{\"type\":\"object\"}},"                                                      \
  "{\"name\":\"echo_count\",\"description\":\"Adds one to a counter; a repeated key replays\"," \
  "\"readOnly\":false,\"parameters\":{\"type\":\"object\",\"properties\":"                      \
  "{\"key\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":100}}}},"                        \
  "{\"name\":\"echo_steps\",\"description\":\"Writes once in each of so many steps\","          \
  "\"readOnly\":false,\"dryRunArg\":\"/dry_run\",\"parameters\":{\"type\":\"object\","          \
  "\"required\":[\"steps\"],\"properties\":{\"dry_run\":{\"type\":\"boolean\"},"                \
  "\"steps\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10000}}}},"                        \
  "{\"name\":\"echo_read\",\"description\":\"Shows every counter, and who answers\","           \
  "\"readOnly\":true,\"parameters\":{\"type\":\"object\"}},"                                    \
  "{\"name\":\"echo_refuse\",\"description\":\"Writes, then says no: the write is dropped\","   \
  "\"readOnly\":false,\"parameters\":{\"type\":\"object\"}},"                                   \
  "{\"name\":\"echo_refuse_recorded\",\"description\":\"Says no and keeps the evidence\","      \
  "\"readOnly\":false,\"parameters\":{\"type\":\"object\"}}],"                                  \
  "\"sweeps\":[{\"name\":\"tick\",\"everySeconds\":1,\"scope\":\"node\"}],"                     \
  "\"configSchema\":{\"type\":\"object\",\"properties\":{\"greeting\":{\"type\":\"string\"}}}," \
  "\"metrics\":[{\"name\":\"echo_counts_total\",\"kind\":\"counter\","                          \
  "\"help\":\"Calls of echo_count that counted\"}],\"invariants\":[],\"signals\":[]}"

#endif
