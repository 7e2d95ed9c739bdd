#pragma once

#include "config/bind.hpp"
#include "config/draft.hpp"

namespace codecrucible::config {

// The parts of the table, one function each; bound to Draft unless said otherwise.
void add_provider_sections(Rows<Draft>& rows);     // lmStudio, ollama, providers, discovery
void add_model_sections(Rows<Draft>& rows);        // models, tiers
void add_routing_section(Rows<Draft>& rows);       // routing
void add_fallback_sections(Rows<Draft>& rows);     // fallback, queue, resources
void add_performance_sections(Rows<Draft>& rows);  // performance, history, learning
void add_house_sections(Rows<Draft>& rows);        // security, logging, development
void add_server_section(Rows<Draft>& rows);        // server

}  // namespace codecrucible::config
