#include "simulator/dialect.hpp"
#include "simulator/text.hpp"

#include <nlohmann/json.hpp>

namespace codecrucible::simulator {
namespace {

using json = nlohmann::ordered_json;

// LM Studio's and llama.cpp's chat and completion replies.
class OpenAi final : public Dialect {
 public:
  OpenAi(const Ask& ask, std::string model, core::ProviderKind kind)
      : ask_(ask),
        model_(std::move(model)),
        lmstudio_(kind == core::ProviderKind::lmstudio),
        vllm_(kind == core::ProviderKind::vllm) {}

  std::string_view stream_type() const override { return "text/event-stream"; }

  std::string text(std::string_view piece) override {
    if (ask_.completion) return frame(chunk({{"text", piece}}, nullptr));
    json delta;
    role_once(delta);
    delta["content"] = piece;
    json one = chunk({{"delta", delta}}, nullptr);
    if (ask_.logprobs) {
      one["choices"][0]["logprobs"] = {
          {"content", json::array({{{"token", piece},
                                    {"logprob", logprob_of(piece, ask_.prompt, model_)},
                                    {"bytes", nullptr},
                                    {"top_logprobs", json::array()}}})},
          {"refusal", nullptr}};
    }
    return frame(one);
  }

  std::string reasoning(std::string_view piece) override {
    json delta;
    role_once(delta);
    delta["reasoning_content"] = piece;
    return frame(chunk({{"delta", delta}}, nullptr));
  }

  std::string call(const PlannedCall& call, std::size_t index) override {
    json begin;
    role_once(begin);
    begin["tool_calls"] = json::array({{{"index", index},
                                        {"id", call.id},
                                        {"type", "function"},
                                        {"function", {{"name", call.name}, {"arguments", ""}}}}});
    std::string out = frame(chunk({{"delta", begin}}, nullptr));
    for (std::size_t at = 0; at < call.arguments.size(); at += 7) {
      const json more = {
          {"tool_calls",
           json::array({{{"index", index}, {"function", {{"arguments", call.arguments.substr(at, 7)}}}}})}};
      out += frame(chunk({{"delta", more}}, nullptr));
    }
    return out;
  }

  std::string end(const Plan& plan, const Took& took) override {
    const std::string finish = plan.calls.empty() ? plan.finish : "tool_calls";
    json last = ask_.completion ? chunk({{"text", ""}}, finish) : chunk({{"delta", json::object()}}, finish);
    tell_stop(plan, last["choices"][0]);
    std::string out = frame(last);
    if (ask_.usage) {
      json usage = chunk(json::object(), nullptr);
      usage["choices"] = json::array();
      usage["usage"] = usage_of(plan);
      if (!lmstudio_) usage["timings"] = timings_of(plan, took);
      out += frame(usage);
    }
    return out + "data: [DONE]\n\n";
  }

  std::string error_frame(std::string_view text) override {
    const json error = {{"error", {{"message", text}}}, {"message", text}};
    return "event: error\ndata: " + error.dump() + "\n\n";
  }

  std::string whole(const Plan& plan, const Took& took) override {
    json choice = {{"index", 0}};
    if (ask_.completion) {
      choice["text"] = joined(plan.text);
    } else {
      json message = {{"role", "assistant"}, {"content", joined(plan.text)}};
      if (!plan.reasoning.empty()) message["reasoning_content"] = joined(plan.reasoning);
      for (const auto& call : plan.calls) {
        message["tool_calls"].push_back({{"type", "function"},
                                         {"id", call.id},
                                         {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
      }
      choice["message"] = message;
    }
    choice["logprobs"] = nullptr;
    choice["finish_reason"] = plan.calls.empty() ? plan.finish : "tool_calls";
    tell_stop(plan, choice);
    json out = {{"id", "chatcmpl-simulated"},
                {"object", ask_.completion ? "text_completion" : "chat.completion"},
                {"created", 1767225600},
                {"model", model_},
                {"choices", json::array({choice})},
                {"usage", usage_of(plan)},
                {"system_fingerprint", model_}};
    if (!lmstudio_) out["timings"] = timings_of(plan, took);
    return out.dump();
  }

  std::string error(int status, std::string_view text) override {
    if (lmstudio_ && status == 400) return json{{"error", text}}.dump();
    json error = {{"message", text}, {"type", status == 503 ? "unavailable_error" : "invalid_request_error"}};
    error["param"] = nullptr;
    error["code"] = status;
    if (status == 404) {
      error["param"] = "model";
      error["code"] = "model_not_found";
    }
    return json{{"error", error}}.dump();
  }

 private:
  static std::string frame(const json& chunk) { return "data: " + chunk.dump() + "\n\n"; }

  void role_once(json& delta) {
    if (role_said_) return;
    delta["role"] = "assistant";
    role_said_ = true;
  }

  // vLLM alone says which stop string it met; null is none.
  void tell_stop(const Plan& plan, json& choice) const {
    if (!vllm_) return;
    choice["stop_reason"] = nullptr;
    if (!plan.stopped_at.empty()) choice["stop_reason"] = plan.stopped_at;
  }

  json chunk(json choice, const json& finish) const {
    choice["index"] = 0;
    choice["logprobs"] = nullptr;
    choice["finish_reason"] = finish;
    return {{"id", "chatcmpl-simulated"},
            {"object", ask_.completion ? "text_completion" : "chat.completion.chunk"},
            {"created", 1767225600},
            {"model", model_},
            {"system_fingerprint", model_},
            {"choices", json::array({choice})}};
  }

  static json usage_of(const Plan& plan) {
    return {{"prompt_tokens", plan.prompt_tokens},
            {"completion_tokens", plan.completion_tokens()},
            {"total_tokens", plan.prompt_tokens + plan.completion_tokens()}};
  }

  static json timings_of(const Plan& plan, const Took& took) {
    return {{"prompt_n", plan.prompt_tokens},
            {"prompt_ms", took.prefill * 1000},
            {"predicted_n", plan.completion_tokens()},
            {"predicted_ms", took.decode * 1000}};
  }

  const Ask& ask_;
  std::string model_;
  bool lmstudio_;
  bool vllm_;
  bool role_said_ = false;
};

}  // namespace

std::unique_ptr<Dialect> openai_dialect(const Ask& ask, std::string model, core::ProviderKind kind) {
  return std::make_unique<OpenAi>(ask, std::move(model), kind);
}

}  // namespace codecrucible::simulator
