#include "json.h"

#include <string.h>

/* Deeper than what a host accepts, and shallow enough for any stack. */
#define MAX_DEPTH 64

static bool read_value(json_walk* in, unsigned depth, json_value* out);

static void skip_space(json_walk* in) {
  while (in->at < in->end &&
         (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r')) {
    in->at++;
  }
}

static bool take(json_walk* in, char c) {
  if (in->at == in->end || *in->at != c) return false;
  in->at++;
  return true;
}

static bool read_word(json_walk* in, const char* word) {
  size_t len = strlen(word);
  if ((size_t)(in->end - in->at) < len || memcmp(in->at, word, len) != 0) return false;
  in->at += len;
  return true;
}

static bool read_digits(json_walk* in) {
  const char* start = in->at;
  while (in->at < in->end && *in->at >= '0' && *in->at <= '9') in->at++;
  return in->at != start;
}

static bool read_number(json_walk* in) {
  (void)take(in, '-');
  if (!take(in, '0') && !read_digits(in)) return false;
  if (take(in, '.') && !read_digits(in)) return false;
  if (take(in, 'e') || take(in, 'E')) {
    if (!take(in, '+')) (void)take(in, '-');
    return read_digits(in);
  }
  return true;
}

static bool read_hex4(json_walk* in) {
  for (int i = 0; i < 4; i++, in->at++) {
    if (in->at == in->end || memchr("0123456789abcdefABCDEF", *in->at, 22) == NULL) return false;
  }
  return true;
}

static bool read_string(json_walk* in) {
  if (!take(in, '"')) return false;
  while (in->at < in->end) {
    unsigned char c = (unsigned char)*in->at++;
    if (c == '"') return true;
    if (c < 0x20) return false;
    if (c != '\\') continue;
    if (take(in, 'u')) {
      if (!read_hex4(in)) return false;
    } else {
      if (in->at == in->end || memchr("\"\\/bfnrt", *in->at, 8) == NULL) return false;
      in->at++;
    }
  }
  return false;
}

/* After the opening bracket, up to and including the closing one. */
static bool read_items(json_walk* in, unsigned depth, char close, bool named) {
  json_value ignored;
  skip_space(in);
  if (take(in, close)) return true;
  do {
    skip_space(in);
    if (named) {
      if (!read_string(in)) return false;
      skip_space(in);
      if (!take(in, ':')) return false;
    }
    if (!read_value(in, depth + 1, &ignored)) return false;
    skip_space(in);
  } while (take(in, ','));
  return take(in, close);
}

static bool read_value(json_walk* in, unsigned depth, json_value* out) {
  skip_space(in);
  if (in->at == in->end || depth > MAX_DEPTH) return false;
  out->text = in->at;
  bool good = false;
  switch (*in->at) {
    case '{':
      out->kind = JSON_OBJECT;
      in->at++;
      good = read_items(in, depth, '}', true);
      break;
    case '[':
      out->kind = JSON_ARRAY;
      in->at++;
      good = read_items(in, depth, ']', false);
      break;
    case '"':
      out->kind = JSON_STRING;
      good = read_string(in);
      break;
    case 't':
      out->kind = JSON_TRUE;
      good = read_word(in, "true");
      break;
    case 'f':
      out->kind = JSON_FALSE;
      good = read_word(in, "false");
      break;
    case 'n':
      out->kind = JSON_NULL;
      good = read_word(in, "null");
      break;
    default:
      out->kind = JSON_NUMBER;
      good = read_number(in);
  }
  out->len = (uint64_t)(in->at - out->text);
  return good;
}

json_walk json_open(gw_bytes text) {
  const char* start = text.ptr != NULL ? text.ptr : "";
  json_walk walk = {start, start + text.len, true, false};
  skip_space(&walk);
  if (!take(&walk, '{')) walk.failed = true;
  return walk;
}

/* The closing brace ends the walk; only white space may follow it. */
static bool end_of_object(json_walk* walk) {
  skip_space(walk);
  if (walk->at != walk->end) walk->failed = true;
  return false;
}

bool json_next(json_walk* walk, json_value* name, json_value* value) {
  if (walk->failed) return false;
  skip_space(walk);
  if (take(walk, '}')) return end_of_object(walk);
  if (!walk->first && !take(walk, ',')) {
    walk->failed = true;
    return false;
  }
  skip_space(walk);
  name->text = walk->at;
  name->kind = JSON_STRING;
  walk->failed = !read_string(walk);
  name->len = (uint64_t)(walk->at - name->text);
  skip_space(walk);
  walk->failed = walk->failed || !take(walk, ':') || !read_value(walk, 0, value);
  walk->first = false;
  return !walk->failed;
}

json_value json_get(gw_bytes object, const char* name) {
  json_value found = {NULL, 0, JSON_ABSENT};
  json_value key;
  json_value value;
  json_walk walk = json_open(object);
  uint64_t len = strlen(name);
  while (json_next(&walk, &key, &value)) {
    if (value.kind == JSON_NULL) continue;
    if (key.len == len + 2 && memcmp(key.text + 1, name, len) == 0) found = value;
  }
  if (walk.failed) found.kind = JSON_ABSENT;
  return found;
}

bool json_plain_string(json_value value, gw_bytes* out) {
  if (value.kind != JSON_STRING || memchr(value.text, '\\', value.len) != NULL) return false;
  out->ptr = value.text + 1;
  out->len = value.len - 2;
  return true;
}

bool json_whole_number(json_value value, uint64_t* out) {
  if (value.kind != JSON_NUMBER || value.len > 18) return false;
  uint64_t number = 0;
  for (uint64_t i = 0; i < value.len; i++) {
    if (value.text[i] < '0' || value.text[i] > '9') return false;
    number = number * 10 + (uint64_t)(value.text[i] - '0');
  }
  *out = number;
  return true;
}
