#include "core/result.hpp"
#include "providers/kinds.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace codecrucible;

namespace {

// A server as the prober sees it: path (and model, for show) to reply.
struct Server {
  std::map<std::string, std::pair<int, std::string>> replies;
  std::vector<std::string> asked;

  std::vector<providers::ProbeReply> probe() {
    std::vector<providers::ProbeReply> so_far;
    while (const auto next = providers::ollama().next_probe(so_far)) {
      REQUIRE(so_far.size() < 100);
      asked.push_back(std::string(next->method) + " " + next->path + next->body);
      const auto& reply = replies[next->path + next->body];
      so_far.push_back({reply.first, "application/json", reply.second});
    }
    return so_far;
  }
  core::Result<providers::Listing> listing() { return providers::ollama().parse_listing(probe()); }
};

Server usual() {
  Server server;
  server.replies["/api/version"] = {200, R"({"version":"0.12.11"})"};
  server.replies["/api/tags"] = {200, R"({"models":[
        {"name":"llama3:latest","model":"llama3:latest","size":4661224676,
         "details":{"family":"llama","families":["llama"],"parameter_size":"8.0B"}},
        {"name":"nomic:latest","model":"nomic:latest","size":274302450,
         "details":{"family":"nomic-bert","families":["nomic-bert"],"parameter_size":"137M"}},
        {"name":"new:30b","model":"new:30b","details":{"parameter_size":"30B","context_length":262144},
         "capabilities":["completion","tools","thinking","vision"]}]})"};
  server.replies["/api/ps"] = {
      200,
      R"({"models":[{"name":"llama3:latest","model":"llama3:latest","size_vram":5000,"context_length":8192}]})"};
  server.replies[R"(/api/show{"model":"llama3:latest"})"] = {
      200,
      R"({"capabilities":["completion","tools","insert"],"parameters":"stop \"x\"\nnum_ctx                 4096",
               "model_info":{"general.architecture":"llama","general.parameter_count":8030261248,
                             "llama.context_length":131072}})"};
  server.replies[R"(/api/show{"model":"nomic:latest"})"] = {
      200, R"({"capabilities":["embedding"],"parameters":"num_ctx 2048","model_info":{}})"};
  return server;
}

}  // namespace

TEST_CASE("ollama listing: models come with what they can do and hold") {
  auto server = usual();
  const auto listing = server.listing();
  REQUIRE(listing.has_value());
  CHECK(server.asked == std::vector<std::string>{"GET /api/version", "GET /api/tags", "GET /api/ps",
                                                 R"(POST /api/show{"model":"llama3:latest"})",
                                                 R"(POST /api/show{"model":"nomic:latest"})"});
  CHECK(listing->version == "0.12.11");
  REQUIRE(listing->models.size() == 3);
  const auto& llama = listing->models[0];
  CHECK(llama.id == "llama3:latest");
  CHECK(llama.can.chat);
  CHECK(llama.can.tools);
  CHECK(llama.can.insert);
  CHECK_FALSE(llama.can.vision);
  CHECK_FALSE(llama.can.thinking);
  CHECK(llama.can.logprobs);
  CHECK(llama.max_window == 131072);
  CHECK(llama.window == 8192);  // as it runs, not as it was trained or set
  CHECK(llama.resident);
  CHECK(llama.vram_bytes == 5000);
  CHECK(llama.size_bytes == 4661224676);
  CHECK(llama.parameters_billion == doctest::Approx(8.03).epsilon(0.01));
  const auto& nomic = listing->models[1];
  CHECK(nomic.can.embeddings);
  CHECK_FALSE(nomic.can.chat);
  CHECK_FALSE(nomic.can.tools);
  CHECK(nomic.window == 2048);
  CHECK_FALSE(nomic.resident);
  CHECK(nomic.parameters_billion == doctest::Approx(0.137));
  const auto& fresh = listing->models[2];
  CHECK(fresh.can.thinking);
  CHECK(fresh.can.vision);
  CHECK(fresh.max_window == 262144);
}

TEST_CASE("ollama listing: an old server's models are guessed from their families") {
  auto server = usual();
  server.replies["/api/version"].second = R"({"version":"0.4.7"})";
  for (auto& [path, reply] : server.replies) {
    if (path.starts_with("/api/show")) reply = {200, R"({"model_info":{}})"};
  }
  const auto listing = server.listing();
  REQUIRE(listing.has_value());
  CHECK(listing->models[0].can.chat);
  CHECK(listing->models[0].can.tools);
  CHECK_FALSE(listing->models[0].can.logprobs);
  CHECK_FALSE(listing->models[0].can.structured);
  CHECK(listing->models[1].can.embeddings);
  CHECK_FALSE(listing->models[1].can.chat);
}

TEST_CASE("ollama listing: a failing show or ps does not lose the models") {
  auto server = usual();
  server.replies["/api/ps"] = {404, "404 page not found"};
  server.replies[R"(/api/show{"model":"llama3:latest"})"] = {500, R"({"error":"x"})"};
  const auto listing = server.listing();
  REQUIRE(listing.has_value());
  CHECK(listing->models.size() == 3);
  CHECK(listing->models[1].can.embeddings);
}

TEST_CASE("ollama listing: D7 what is not Ollama is not taken for it") {
  Server server;
  server.replies["/api/version"] = {200, "<html>"};
  server.replies["/api/tags"] = {200, "<html>"};
  CHECK_FALSE(server.listing().has_value());
  server.replies["/api/version"] = {404, "not here"};
  server.asked.clear();
  CHECK_FALSE(server.listing().has_value());
  CHECK(server.asked.size() == 1);
  server.replies["/api/version"] = {
      200, R"({"error":"Unexpected endpoint or method."})"};  // LM Studio says 200 (D6)
  server.replies["/api/tags"] = server.replies["/api/version"];
  CHECK_FALSE(server.listing().has_value());
}

TEST_CASE("ollama listing: an empty server is a server") {
  auto server = usual();
  server.replies["/api/tags"].second = R"({"models":[]})";
  const auto listing = server.listing();
  REQUIRE(listing.has_value());
  CHECK(listing->models.empty());
}
