// Bad input over HTTP: a clear error, the right status, and nothing stored.
#include <doctest/doctest.h>

#include <algorithm>

#include "e2e/stored_rows.hpp"

using e2e::Installation;
using e2e::text_of;
namespace json = base::json;

namespace {

using e2e::Rows;

Rows stored(const Installation& gw) { return e2e::stored_rows(gw); }

// A gateway that stores nothing of its own accord, with agents, a task and a message in it.
struct Quiet : Installation {
  Quiet() : Installation(e2e::quiet()) {
    start();
    for (const char* id : {"worker", "other"}) agent(id);
    const json::object task = invoke(
        "ansible_delegate_task", {{"title", "t"}, {"description", "d"}, {"assignedTo", "worker"}});
    REQUIRE(task.contains("taskId"));
    REQUIRE(
        invoke("ansible_send_message", {{"to", "worker"}, {"content", "c"}}).contains("messageId"));
  }
};

struct Bad {
  std::string what;
  json::object args;
};

// What a value may be: the schema, or the members of its anyOf, also of one in it.
json::array alternatives(const json::object& schema) {
  const json::value* any = schema.if_contains("anyOf");
  if (any == nullptr) return json::array{json::value(schema)};
  json::array out;
  for (const json::value& one : any->as_array()) {
    for (const json::value& inner : alternatives(one.as_object())) out.push_back(inner);
  }
  return out;
}

std::string json_type(const json::value& v) {
  switch (v.kind()) {
    case boost::json::kind::null:
      return "null";
    case boost::json::kind::bool_:
      return "boolean";
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
      return "integer";
    case boost::json::kind::double_:
      return "number";
    case boost::json::kind::string:
      return "string";
    case boost::json::kind::array:
      return "array";
    case boost::json::kind::object:
      return "object";
  }
  return "";
}

bool has_type(const json::array& schemas, const json::value& v) {
  return std::any_of(schemas.begin(), schemas.end(), [&](const json::value& schema) {
    const std::string wanted = text_of(schema, "type");
    return wanted == json_type(v) || (wanted == "number" && json_type(v) == "integer");
  });
}

std::int64_t number_of(const json::object& schema, const char* name, std::int64_t otherwise) {
  const json::value* member = schema.if_contains(name);
  return member == nullptr ? otherwise : member->as_int64();
}

json::object minimal(const json::object& schema);

json::value valid_value(const json::object& schema) {
  const json::array all = alternatives(schema);
  const json::object& first = all.front().as_object();
  const std::string type = text_of(all.front(), "type");
  if (const json::value* words = first.if_contains("enum")) return words->as_array().front();
  if (type == "string") return "x";
  if (type == "boolean") return true;
  if (type == "integer" || type == "number") return number_of(first, "minimum", 1);
  if (type == "array") return json::array{};
  return minimal(first);
}

json::object minimal(const json::object& schema) {
  json::object out;
  const json::value* required = schema.if_contains("required");
  if (required == nullptr) return out;
  for (const json::value& name : required->as_array()) {
    out[name.as_string()] = valid_value(schema.at("properties").at(name.as_string()).as_object());
  }
  return out;
}

bool is_required(const json::object& schema, std::string_view name) {
  return minimal(schema).contains(name);
}

std::vector<json::value> bad_texts(const json::object& schema) {
  std::vector<json::value> out;
  if (schema.contains("enum")) out.emplace_back("no such word");
  const std::int64_t longest = number_of(schema, "maxLength", -1);
  for (const std::int64_t length : {longest + 1, longest + 100'000}) {
    if (longest >= 0) out.emplace_back(std::string(static_cast<std::size_t>(length), 'x'));
  }
  return out;
}

std::vector<Bad> bad_arguments(const json::object& schema, const json::object& base);

// Values that this schema does not allow.
std::vector<json::value> bad_values(const json::object& schema) {
  const json::array all = alternatives(schema);
  std::vector<json::value> out;
  for (const json::value& value :
       {json::value(7), json::value(1.5), json::value(true), json::value("text"),
        json::value(json::array{}), json::value(json::object{})}) {
    if (!has_type(all, value)) out.push_back(value);
  }
  for (const json::value& alternative : all) {
    const json::object& one = alternative.as_object();
    const std::string type = text_of(alternative, "type");
    if (type == "string") {
      for (json::value& text : bad_texts(one)) out.push_back(std::move(text));
    } else if (type == "integer") {
      if (one.contains("minimum")) out.emplace_back(one.at("minimum").as_int64() - 1);
      if (one.contains("maximum")) out.emplace_back(one.at("maximum").as_int64() + 1);
    } else if (type == "array") {
      out.push_back(json::array{7});
      out.push_back(json::array{nullptr});
      for (json::value& text : bad_texts(one.at("items").as_object())) {
        out.push_back(json::array{std::move(text)});
      }
    } else if (type == "object" && one.contains("properties")) {
      for (Bad& bad : bad_arguments(one, minimal(one))) out.push_back(std::move(bad.args));
      out.push_back(json::object{{"no_such_member", 1}});
    }
  }
  return out;
}

std::vector<Bad> bad_arguments(const json::object& schema, const json::object& base) {
  std::vector<Bad> out;
  for (const auto& property : schema.at("properties").as_object()) {
    const std::string name(property.key());
    for (json::value& value : bad_values(property.value().as_object())) {
      json::object args = base;
      std::string shown = json::canonical(value).substr(0, 40);
      args[name] = std::move(value);
      out.push_back({name + " = " + shown, std::move(args)});
    }
    if (!is_required(schema, name)) continue;
    json::object args = base;
    args.erase(name);
    out.push_back({name + " is missing", args});
    args[name] = nullptr;
    out.push_back({name + " is null", std::move(args)});
  }
  return out;
}

json::array published_tools(const Installation& gw) {
  const json::value info = gw.document("openclaw plugins info ansible");
  return info.at("tools").as_array();
}

std::string invocation(std::string_view tool, std::string_view args) {
  return "{\"tool\":\"" + std::string(tool) + "\",\"args\":" + std::string(args) + "}";
}

}  // namespace

TEST_CASE(
    "bad arguments of every tool and parameter are refused, and the store is the same afterwards") {
  const Quiet gw;
  const Rows before = stored(gw);
  std::size_t refused = 0;
  for (const json::value& tool : published_tools(gw)) {
    const json::object& schema = tool.at("parameters").as_object();
    const std::string name = text_of(tool, "name");
    for (const Bad& bad : bad_arguments(schema, minimal(schema))) {
      const json::object reply = gw.invoke(name, bad.args);
      INFO(name << ": " << bad.what << " -> " << json::canonical(json::value(reply)));
      CHECK(text_of(json::value(reply), "code") == "invalid_argument");
      CHECK_FALSE(reply.contains("httpStatus"));
      CHECK(text_of(json::value(reply), "pointer").front() == '/');
      ++refused;
    }
    INFO(name);
    CHECK(stored(gw) == before);
  }
  CHECK(refused > 500);
}

TEST_CASE(
    "ARG-1: null is absent, an unknown argument is named in a warning; a refusal stores nothing") {
  const Quiet gw;
  for (const json::value& tool : published_tools(gw)) {
    const json::object& schema = tool.at("parameters").as_object();
    const std::string name = text_of(tool, "name");
    json::object args = minimal(schema);
    for (const auto& property : schema.at("properties").as_object()) {
      if (!args.contains(property.key())) args[property.key()] = nullptr;
    }
    args["no_such_argument"] = json::array{1, 2};
    const Rows before = stored(gw);
    const json::object reply = gw.invoke(name, args);
    INFO(name << " -> " << json::canonical(json::value(reply)));
    const std::string code = text_of(json::value(reply), "code");
    if (code.empty()) {
      CHECK(json::canonical(reply.at("warnings")).find("no_such_argument") != std::string::npos);
    } else {
      if (!reply.contains("gate"))
        CHECK(stored(gw) == before);  // a failed gate leaves its evidence (CAP-2)
      CHECK(text_of(json::value(reply), "pointer").find("no_such") == std::string::npos);
    }
  }
}

TEST_CASE("requests that are no proper JSON, or of the wrong shape, are 400 and store nothing") {
  const Quiet gw;
  const Rows before = stored(gw);
  const std::vector<std::pair<std::string, std::string>> bodies = {
      {"", "invalid_json"},
      {"{", "invalid_json"},
      {"not json", "invalid_json"},
      {invocation("ansible_status", "{}") + "x", "invalid_json"},
      {R"({"tool":"ansible_status","tool":"ansible_status","args":{}})", "invalid_json"},
      {invocation("ansible_send_message", R"({"content":"a","content":"b"})"), "invalid_json"},
      {invocation("ansible_send_message", R"({"content":"a","metadata":{"n":{"x":1,"x":2}}})"),
       "invalid_json"},
      {invocation("ansible_send_message", R"({"content":"a","metadata":{"n":1e999}})"),
       "invalid_json"},
      {invocation("ansible_send_message", R"({"content":"a","metadata":{"n":NaN}})"),
       "invalid_json"},
      {invocation("ansible_send_message", "{\"content\":\"\xC3\x28\"}"), "invalid_json"},
      {invocation("ansible_send_message", "{\"content\":\"\xED\xA0\x80\"}"), "invalid_json"},
      {invocation("ansible_send_message", R"({"content":"\ud800"})"), "invalid_json"},
      {invocation("ansible_send_message", "{\"content\":\"a\nb\"}"), "invalid_json"},
      {invocation("ansible_send_message", std::string(2'000, '[') + std::string(2'000, ']')),
       "invalid_json"},
      {"[]", "invalid_request"},
      {"7", "invalid_request"},
      {"null", "invalid_request"},
      {"{}", "invalid_request"},
      {R"({"tool":7,"args":{}})", "invalid_request"},
      {R"({"tool":"","args":{}})", "invalid_request"},
      {invocation("ansible_status", "[]"), "invalid_request"},
      {invocation("ansible_status", "\"x\""), "invalid_request"},
      {R"({"tool":"ansible_status","argz":{}})", "invalid_request"}};
  for (const auto& [body, code] : bodies) {
    const test::HttpReply reply = gw.post(body, gw.operator_bearer());
    INFO(body.substr(0, 100) << " -> " << reply.body);
    CHECK(reply.status == 400);
    const json::value error = test::parse_json(reply.body).at("error");
    CHECK(text_of(error, "code") == code);
    CHECK(text_of(error, "message").size() > 10);
  }
  CHECK(stored(gw) == before);
}

TEST_CASE(
    "unknown tools are 404, too big bodies 413, other methods 405, nobody 401; nothing is stored") {
  const Quiet gw;
  const Rows before = stored(gw);
  const auto post = [&](const std::string& body) { return gw.post(body, gw.operator_bearer()); };
  for (const char* tool : {"ansible_no_such_tool", "status", "../ansible_status", "ansible_status ",
                           "ANSIBLE_STATUS"}) {
    const test::HttpReply reply = post(invocation(tool, "{}"));
    CHECK(reply.status == 404);
    CHECK(text_of(test::parse_json(reply.body).at("error"), "code") == "unknown_tool");
  }
  const std::string huge(1 << 20, 'x');
  const test::HttpReply too_big =
      post(invocation("ansible_send_message", "{\"content\":\"" + huge + "\"}"));
  CHECK(too_big.status == 413);
  CHECK(text_of(test::parse_json(too_big.body).at("error"), "code") == "too_large");
  auto client = test::HttpClient::tcp(gw.port());
  CHECK(client.get("/tools/invoke", gw.operator_bearer())->status == 405);
  CHECK(client.get("/nowhere", gw.operator_bearer())->status == 404);
  const std::string send = invocation("ansible_send_message", R"({"content":"c","to":"worker"})");
  CHECK(gw.post(send, {}).status == 401);
  CHECK(gw.post(send, Installation::bearer("at_" + std::string(48, 'f'))).status == 401);
  CHECK(gw.post(send, Installation::bearer("gw_wrong")).status == 401);
  CHECK(stored(gw) == before);
  gw.ok("openclaw gateway health", "OK");
}

TEST_CASE(
    "a 10,000 character title, odd ids and hostile texts are refused or kept as text; their place "
    "is safe") {
  const Quiet gw;
  const Rows before = stored(gw);
  const json::object long_title = gw.invoke(
      "ansible_delegate_task",
      {{"title", std::string(10'000, 't')}, {"description", "d"}, {"assignedTo", "worker"}});
  CHECK(text_of(json::value(long_title), "code") == "invalid_argument");
  CHECK(text_of(json::value(long_title), "pointer") == "/title");
  CHECK(text_of(json::value(long_title), "error").find("200") != std::string::npos);

  for (const char* id :
       {"../../etc/passwd", "a/b", "/", "..", ".hidden", "-rf", "a b", "", "a\"b", "%2e"}) {
    CAPTURE(id);
    for (const auto& [tool, args] : std::vector<std::pair<const char*, json::object>>{
             {"ansible_register_agent", {{"agent_id", id}}},
             {"ansible_register_agent", {{"agent_id", "x"}, {"type", "internal"}, {"gateway", id}}},
             {"ansible_issue_agent_token", {{"agent_id", id}}},
             {"ansible_disable_agent", {{"agent_id", id}}},
             {"ansible_claim_task", {{"taskId", id}, {"etaSeconds", 9}}},
             {"ansible_task_timeline", {{"taskId", id}}},
             {"ansible_status", {{"from_agent", id}}},
             {"ansible_delegate_task", {{"title", "t"}, {"description", "d"}, {"assignedTo", id}}},
             {"ansible_delegate_task",
              {{"title", "t"}, {"description", "d"}, {"to_agents", json::array{id}}}}}) {
      // An empty recipient counts as none, and a task for nobody in particular is a task.
      if (*id == '\0' && std::string_view(tool) == "ansible_delegate_task") continue;
      const json::object reply = gw.invoke(tool, args);
      INFO(tool << " " << json::canonical(json::value(args)) << " -> "
                << json::canonical(json::value(reply)));
      CHECK_FALSE(text_of(json::value(reply), "code").empty());
      CHECK_FALSE(reply.contains("httpStatus"));
    }
    CHECK(stored(gw) == before);
  }
}
