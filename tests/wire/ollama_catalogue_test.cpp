#include "wire/ollama/client.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace codecrucible;
using nlohmann::json;

namespace {

core::FleetView fleet() {
  core::FleetView view;
  view.hosts.resize(2);
  core::ModelView small;
  small.id = small.public_id = "llama3";
  small.window = 8192;
  small.max_window = 131072;
  small.size_bytes = 4'000'000'000;
  small.vram_bytes = 3'000'000'000;
  small.parameters_billion = 8.03;
  small.resident = true;
  core::ModelView large;
  large.id = large.public_id = "qwen/qwen3:30b";
  large.host = 1;
  large.max_window = 40960;
  large.can.vision = large.can.thinking = true;
  core::ModelView vectors;
  vectors.id = vectors.public_id = "nomic";
  vectors.can.chat = vectors.can.completion = vectors.can.tools = false;
  vectors.can.embeddings = true;
  core::ModelView twin = small;
  twin.host = 1;
  view.models = {small, large, vectors, twin};
  return view;
}

}  // namespace

TEST_CASE("ollama catalogue: E6 every listed name has a tag and comes once") {
  std::string out;
  wire::ollama::write_tags(fleet(), {"auto"}, out);
  const auto models = json::parse(out)["models"];
  REQUIRE(models.size() == 4);
  CHECK(models[0]["name"] == "auto:latest");
  CHECK(models[1]["name"] == "llama3:latest");
  CHECK(models[1]["model"] == "llama3:latest");
  CHECK(models[2]["name"] == "qwen/qwen3:30b");
  CHECK(models[3]["capabilities"] == json{"embedding"});
  for (const auto& model : models) {
    CHECK(model["digest"].get<std::string>().size() == 64);
    CHECK(model["modified_at"].get<std::string>().ends_with("Z"));
    for (const char* key :
         {"parent_model", "format", "family", "families", "parameter_size", "quantization_level"}) {
      CHECK(model["details"].contains(key));
    }
  }
  CHECK(models[1]["details"]["parameter_size"] == "8B");
}

TEST_CASE("ollama catalogue: ps lists what is in memory with its real window") {
  std::string out;
  wire::ollama::write_ps(fleet(), out);
  const auto models = json::parse(out)["models"];
  REQUIRE(models.size() == 1);
  CHECK(models[0]["name"] == "llama3:latest");
  CHECK(models[0]["context_length"] == 8192);
  CHECK(models[0]["size_vram"] == 3'000'000'000);
  CHECK(models[0].contains("expires_at"));
  out.clear();
  wire::ollama::write_ps({}, out);
  CHECK(json::parse(out)["models"].is_array());
}

TEST_CASE("ollama catalogue: E5 show tells capabilities as an array and the window where clients look") {
  const auto view = fleet();
  std::string out;
  wire::ollama::write_show(view, &view.models[1], {}, out);
  auto shown = json::parse(out);
  CHECK(shown["capabilities"] == json{"completion", "tools", "vision", "thinking"});
  const auto architecture = shown["model_info"]["general.architecture"].get<std::string>();
  CHECK(shown["model_info"][architecture + ".context_length"] == 40960);
  CHECK(shown["details"].contains("families"));
  out.clear();
  wire::ollama::write_show(view, nullptr, "auto", out);
  shown = json::parse(out);
  CHECK(shown["capabilities"].is_array());
  CHECK(shown["model_info"][architecture + ".context_length"] == 40960);
}
