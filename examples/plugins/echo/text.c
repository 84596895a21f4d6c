#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

gw_bytes bytes_of(const char* chars) {
  gw_bytes bytes = {chars, strlen(chars)};
  return bytes;
}

gw_bytes text_bytes(const text* from) {
  gw_bytes bytes = {from->chars, from->len};
  return bytes;
}

void text_add(text* to, gw_bytes piece) {
  if (piece.len == 0) return;
  if (piece.len > sizeof to->chars - to->len) {
    to->overflow = true;
    return;
  }
  memcpy(to->chars + to->len, piece.ptr, piece.len);
  to->len += piece.len;
}

void text_add_chars(text* to, const char* chars) { text_add(to, bytes_of(chars)); }

void text_add_number(text* to, uint64_t number) {
  char digits[24];
  (void)snprintf(digits, sizeof digits, "%" PRIu64, number);
  text_add_chars(to, digits);
}

void text_add_quoted(text* to, gw_bytes bytes) {
  const unsigned char* chars = bytes.ptr;
  text_add_chars(to, "\"");
  for (uint64_t i = 0; i < bytes.len; i++) {
    char escaped[8];
    gw_bytes piece = {&chars[i], 1};
    if (chars[i] < 0x20) {
      (void)snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)chars[i]);
      piece = bytes_of(escaped);
    } else if (chars[i] == '"' || chars[i] == '\\') {
      (void)snprintf(escaped, sizeof escaped, "\\%c", chars[i]);
      piece = bytes_of(escaped);
    }
    text_add(to, piece);
  }
  text_add_chars(to, "\"");
}
