/* Text of bounded length, put together piece by piece; what does not fit is cut, and `overflow`
 * says so. */
#ifndef ECHO_TEXT_H
#define ECHO_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/plugin_abi.h"

typedef struct text {
  uint64_t len;
  bool overflow;
  char chars[1015];
} text;

/* A string literal or another NUL-terminated string, as bytes. */
gw_bytes bytes_of(const char* chars);

void text_add(text* to, gw_bytes piece);
void text_add_chars(text* to, const char* chars);
void text_add_number(text* to, uint64_t number);
gw_bytes text_bytes(const text* from);

/* Adds `bytes` as a quoted JSON string. */
void text_add_quoted(text* to, gw_bytes bytes);

#endif
