/* Just enough JSON for a plugin's arguments: walks the members of an object, checks the grammar of
 * every value on the way, decodes nothing. Text is counted (gw_bytes), never NUL-terminated. No
 * allocation.
 *
 * What it does not do: compare names that are spelled with escapes ("\u0061" is not "a" here),
 * detect duplicate names (the host refuses those before a tool sees them), check UTF-8 (the host
 * does). */
#ifndef ECHO_JSON_H
#define ECHO_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/plugin_abi.h"

typedef enum json_kind {
  JSON_ABSENT,
  JSON_NULL,
  JSON_TRUE,
  JSON_FALSE,
  JSON_NUMBER,
  JSON_STRING,
  JSON_ARRAY,
  JSON_OBJECT
} json_kind;

/* A value as it stands in the document; a string with its quotes. */
typedef struct json_value {
  const char* text;
  uint64_t len;
  json_kind kind;
} json_value;

/* Walks an object:
 *     json_walk walk = json_open(text);
 *     while (json_next(&walk, &name, &value)) ...
 *     if (walk.failed) ... the text is not one JSON object
 */
typedef struct json_walk {
  const char* at;
  const char* end;
  bool first;
  bool failed;
} json_walk;

json_walk json_open(gw_bytes text);
bool json_next(json_walk* walk, json_value* name, json_value* value);

/* The member `name`, JSON_ABSENT if there is none or `object` is not an object. A null counts as
 * absent. */
json_value json_get(gw_bytes object, const char* name);

/* The characters between the quotes, if the string has no escapes; otherwise false. */
bool json_plain_string(json_value value, gw_bytes* out);

/* The number, if it is written as a whole number of at most 18 digits without a sign; otherwise
 * false. */
bool json_whole_number(json_value value, uint64_t* out);

#endif
