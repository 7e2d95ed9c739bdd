#pragma once

#include <string>

namespace codecrucible::gateway {

// The description of everything that is served: OpenAPI 3.1 as JSON, at /openapi.json. A test holds it
// against the table of routes.
const std::string& openapi_page();

// The schemas of its bodies: the object of components.schemas as JSON text.
const char* openapi_schemas();

}  // namespace codecrucible::gateway
