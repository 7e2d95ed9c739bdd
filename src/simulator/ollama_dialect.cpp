#include "simulator/dialect.hpp"
#include "simulator/text.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace codecrucible::simulator {
namespace {

using json = nlohmann::ordered_json;

std::int64_t nanoseconds(double seconds) {
  return std::llround(seconds * 1e9);
}

// Ollama's /api/chat and /api/generate.
class Ollama final : public Dialect {
 public:
  Ollama(const Ask& ask, std::string model, bool generate, bool logprobs)
      : prompt_(ask.prompt),
        model_(std::move(model)),
        generate_(generate),
        logprobs_(logprobs && ask.logprobs) {}

  std::string_view stream_type() const override { return "application/x-ndjson"; }

  std::string text(std::string_view piece) override {
    json out = object(piece, {});
    if (logprobs_) {
      const double logprob = logprob_of(piece, prompt_, model_);
      out["logprobs"] = json::array({{{"token", piece}, {"logprob", logprob}, {"bytes", bytes_of(piece)}}});
    }
    return out.dump() + "\n";
  }

  std::string reasoning(std::string_view piece) override { return object({}, piece).dump() + "\n"; }

  std::string call(const PlannedCall& call, std::size_t index) override {
    json out = object({}, {});
    out[generate_ ? "tool_calls" : "message"] = message_with(call, index);
    return out.dump() + "\n";
  }

  std::string end(const Plan& plan, const Took& took) override {
    json out = object({}, {});
    finish(out, plan, took);
    return out.dump() + "\n";
  }

  std::string error_frame(std::string_view text) override { return json{{"error", text}}.dump() + "\n"; }

  std::string whole(const Plan& plan, const Took& took) override {
    json out = object(joined(plan.text), joined(plan.reasoning));
    std::size_t index = 0;
    for (const auto& call : plan.calls) {
      out["message"]["tool_calls"].push_back(message_with(call, index)["tool_calls"][0]);
      ++index;
    }
    finish(out, plan, took);
    return out.dump();
  }

  std::string error(int, std::string_view text) override { return json{{"error", text}}.dump(); }

 private:
  json object(std::string_view text, std::string_view thinking) const {
    json out = {{"model", model_}, {"created_at", "2026-01-01T00:00:00.123456789Z"}};
    if (generate_) {
      out["response"] = text;
      if (!thinking.empty()) out["thinking"] = thinking;
    } else {
      out["message"] = {{"role", "assistant"}, {"content", text}};
      if (!thinking.empty()) out["message"]["thinking"] = thinking;
    }
    out["done"] = false;
    return out;
  }

  static json message_with(const PlannedCall& call, std::size_t index) {
    const json one = {{"id", call.id},
                      {"function",
                       {{"index", index},
                        {"name", call.name},
                        {"arguments", json::parse(call.arguments, nullptr, false)}}}};
    return {{"role", "assistant"}, {"content", ""}, {"tool_calls", json::array({one})}};
  }

  static json bytes_of(std::string_view piece) {
    json bytes = json::array();
    for (const char c : piece) bytes.push_back(static_cast<unsigned char>(c));
    return bytes;
  }

  static void finish(json& out, const Plan& plan, const Took& took) {
    out["done"] = true;
    out["done_reason"] = plan.finish;
    out["total_duration"] = nanoseconds(took.load + took.prefill + took.decode) + 1;
    if (took.load > 0) out["load_duration"] = nanoseconds(took.load);
    out["prompt_eval_count"] = plan.prompt_tokens;
    out["prompt_eval_duration"] = nanoseconds(took.prefill) + 1;
    out["eval_count"] = plan.completion_tokens();
    out["eval_duration"] = nanoseconds(took.decode) + 1;
  }

  const std::string& prompt_;
  std::string model_;
  bool generate_;
  bool logprobs_;
};

}  // namespace

std::unique_ptr<Dialect> ollama_dialect(const Ask& ask, std::string model, bool generate, bool logprobs) {
  return std::make_unique<Ollama>(ask, std::move(model), generate, logprobs);
}

}  // namespace codecrucible::simulator
