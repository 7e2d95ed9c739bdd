#include "cuts.hpp"
#include "wire/json_reader.hpp"
#include "wire/openai/body_writer.hpp"
#include "wire/responses/client.hpp"

namespace {

using namespace codecrucible;

bool valid(std::string_view text) {
  wire::JsonReader json(text);
  return json.skip() && json.at_end();
}

// One earlier response, whatever is asked for.
struct Earlier final : wire::responses::Recall {
  bool conversation(std::string_view id, std::vector<std::string_view>& arrays) override {
    arrays.emplace_back(R"([{"role":"user","content":"before"}])");
    return id != "unknown";
  }
  std::string_view item(std::string_view id) override {
    return id == "unknown" ? std::string_view() : R"({"type":"message","role":"assistant","content":"it"})";
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  core::Arena arena;
  core::ChatRequest request(arena);
  wire::responses::Asked asked;
  Earlier earlier;
  const auto result = wire::responses::decode(body, arena, request, asked, earlier);
  if (!result) {
    fuzz::require(valid(wire::responses::error_body(result.error(), "r")));
    return 0;
  }
  fuzz::require(valid(body));
  // What was understood can be said to a backend, kept, and repeated in the reply.
  std::string written;
  wire::openai::BodyStyle style;
  style.model = "m";
  fuzz::require(!wire::openai::write_chat_body(request, style, written) || valid(written));
  std::string kept;
  wire::responses::write_input_items(asked, "resp_1", kept);
  fuzz::require(valid(kept));
  wire::ReplyContext context;
  context.surface = core::Surface::openai_responses;
  context.id = "resp_1";
  context.asked = &asked;
  const auto encoder = wire::make_whole_encoder(context);
  std::string reply;
  encoder->write(reply);
  fuzz::require(valid(reply));
  return 0;
}
