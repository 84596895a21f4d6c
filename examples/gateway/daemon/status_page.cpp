#include "daemon/status_page.hpp"

#include <fmt/format.h>

namespace gateway_app {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>openclawd</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid; border-radius: .25rem; }
</style></head><body>
)";

constexpr std::string_view kFoot = R"(</dl>
<h2>Ask it</h2>
<pre>openclaw gateway status
openclaw ansible status
curl -H "Authorization: Bearer TOKEN" 'http://HOST:PORT/status'</pre>
<p>The token is <code>gateway.auth.token</code> of the configuration file.</p>
</body></html>
)";

}  // namespace

std::string status_page(Runtime& runtime) {
  const auto host = runtime.host();
  const gateway::SlotStatus slot = host ? host->status() : gateway::SlotStatus{};
  const bool ready = why_not_ready(runtime).empty();
  const std::string plugin =
      slot.active ? fmt::format("{} {} ({})", kPluginId, slot.active->release.version, slot.state)
                  : "none";
  std::string page(kHead);
  page += fmt::format("<h1>{}</h1>\n<dl>\n", escaped(runtime.node().id));
  page += fmt::format("<dt>State</dt><dd>{}</dd>\n", ready ? "ready" : "not ready");
  page += fmt::format("<dt>Plugin</dt><dd>{}</dd>\n", escaped(plugin));
  page += fmt::format("<dt>Gateway</dt><dd>openclawd {}</dd>\n", escaped(runtime.facts.version));
  page += kFoot;
  return page;
}

}  // namespace gateway_app
