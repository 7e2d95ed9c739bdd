#include "core/result.hpp"
#include "wire/ndjson.hpp"
#include "wire/ollama/backend.hpp"
#include "wire/ollama/reply_reader.hpp"

namespace codecrucible::wire::ollama {
namespace {

class Decoder final : public StreamDecoder {
 public:
  void feed(std::string_view bytes, core::Events& out) override {
    memory_.release();
    lines_.feed(bytes);
    std::string_view line;
    while (lines_.next(line)) reader_.read(line, &memory_, out);
    if (lines_.overflown()) reader_.fail(core::fail(core::Cause::garbage, too_long), out);
  }

  void end(core::Events& out) override {
    memory_.release();
    lines_.end();
    std::string_view line;
    lines_.next(line);
    reader_.end(line, &memory_, out);
  }

  bool complete() const override { return reader_.complete(); }

 private:
  static constexpr const char* too_long = "Ollama sent a line that is longer than the limit";

  NdjsonReader lines_;
  ReplyReader reader_;
  // Text that had escapes, until the next call; a few pieces of it fit without an allocation.
  char first_[512];
  std::pmr::monotonic_buffer_resource memory_{first_, sizeof first_};
};

}  // namespace

std::unique_ptr<StreamDecoder> make_stream_decoder() {
  return std::make_unique<Decoder>();
}

void decode_whole(std::string_view body, core::Arena& arena, core::Events& out) {
  ReplyReader reader;
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    reader.fail(core::fail(core::Cause::garbage, "Ollama sent an empty reply"), out);
    return;
  }
  reader.read(body, arena.resource(), out);
  reader.end({}, arena.resource(), out);
}

}  // namespace codecrucible::wire::ollama
