#include "core/json_text.hpp"
#include "providers/ollama_parts.hpp"

#include <array>

namespace codecrucible::providers::ollama_parts {
namespace {

class Members {
 public:
  explicit Members(std::string& out) : out_(out), start_(out.size()) {}
  ~Members() {
    if (out_.size() != start_) out_ += '}';
  }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  std::string& key(std::string_view name) {
    out_ += out_.size() == start_ ? ",\"options\":{" : ",";
    core::append_string(out_, name);
    return out_ += ':';
  }
  void number(std::string_view name, const std::optional<double>& value) {
    if (value) core::append_double(key(name), *value);
  }
  void integer(std::string_view name, const std::optional<std::int64_t>& value) {
    if (value) core::append_number(key(name), *value);
  }

 private:
  std::string& out_;
  std::size_t start_;
};

}  // namespace

bool is_load_time_option(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 10> load_time = {
      "num_ctx",    "num_batch", "num_gpu", "main_gpu", "use_mmap",
      "num_thread", "use_mlock", "numa",    "low_vram", "draft_num_predict"};
  for (const auto option : load_time) {
    if (name == option) return true;
  }
  return false;
}

// Only what the client said is sent: the server's defaults are the model's own (traps C11).
void append_options(std::string& out, const core::ChatRequest& request, const Target& target) {
  Members options(out);
  options.integer("num_ctx", target.num_ctx);
  options.integer("num_predict", request.max_tokens);  // traps C1
  const auto& sampling = request.sampling;
  options.number("temperature", sampling.temperature);
  options.number("top_p", sampling.top_p);
  options.integer("top_k", sampling.top_k);
  options.number("min_p", sampling.min_p);
  options.number("typical_p", sampling.typical_p);
  options.integer("seed", sampling.seed);
  options.number("presence_penalty", sampling.presence_penalty);
  options.number("frequency_penalty", sampling.frequency_penalty);
  options.number("repeat_penalty", sampling.repeat_penalty);
  if (!request.stop.empty()) {
    auto& json = options.key("stop");
    json += '[';
    for (std::size_t i = 0; i < request.stop.size(); ++i) {
      if (i != 0) json += ',';
      core::append_string(json, request.stop[i]);
    }
    json += ']';
  }
  for (const auto& option : request.options) {
    if (is_load_time_option(option.key)) continue;
    options.key(option.key) += option.json;
  }
}

void append_keep_alive(std::string& out, const Target& target) {
  if (target.keep_alive) out.append(",\"keep_alive\":").append(*target.keep_alive);
}

}  // namespace codecrucible::providers::ollama_parts
