// What must hold after every step, whatever was asked.
#pragma once

#include <string>
#include <vector>

#include "property/mirror.hpp"
#include "property/plant.hpp"

namespace property {

// What is wrong, in words; empty when nothing is.
using Problems = std::vector<std::string>;

// One step and what it did.
struct Effect {
  const Step& step;
  const Answer& answer;
  const std::vector<Change>& changes;
};

// A refusal wrote nothing, a replay changed nothing but what tells of it, terminal is terminal, audit records are
// written once, and a sweep kept its message budget.
void check_effect(const Effect& effect, Problems& problems);

// WHO-8: nobody is told a token, its hash, or a webhook's secret, but whom it is for.
void check_secrets(const Effect& effect, const Mirror& mirror, Problems& problems);

// Counters equal recounts; indexes equal full scans.
void check_tasks(const Mirror& mirror, Problems& problems);
void check_sla(const Mirror& mirror, Problems& problems);
void check_messages(const Mirror& mirror, Problems& problems);
void check_deliveries(const Mirror& mirror, Problems& problems);
void check_capabilities(const Mirror& mirror, Problems& problems);
void check_agents(const Mirror& mirror, Problems& problems);
void check_people(const Mirror& mirror, Problems& problems);

}  // namespace property
