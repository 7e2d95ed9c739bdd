#include "simulator/server.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

namespace codecrucible::simulator {
namespace {

using Kind = Fault::Kind;

std::string chunk(std::string_view payload) {
  if (payload.empty()) return {};
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", payload.size());
  return size + std::string(payload) + "\r\n";
}

std::string stream_head(std::string_view type, Fault fault) {
  std::string head =
      "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(type) + "\r\nCache-Control: no-cache\r\n";
  if (fault.kind == Kind::gzip) head += "Content-Encoding: gzip\r\n";
  head += fault.kind == Kind::close_delimited ? "Connection: close\r\n\r\n"
                                              : "Transfer-Encoding: chunked\r\n\r\n";
  return head;
}

}  // namespace

net::task<bool> Server::generate(Connection& connection, const Request& request, bool generate_call) {
  ++machine_.stats.requests;
  remember(request);
  const auto body = nlohmann::json::parse(request.body, nullptr, false);
  Ask ask;
  auto wrong = read_ask(settings_.kind, generate_call, body, ask);
  if (const auto word = unknown_fault_in(ask.prompt); word && !wrong)
    wrong = "the simulator knows no fault '" + std::string(*word) + "'; there are: " + fault_names();
  const Fault fault = fault_for(ask);
  Machine::Model* const model = machine_.find(ask.model);
  std::string said = model == nullptr ? ask.model : ollama() ? ask.model : model->spec.id;
  if (fault.kind == Kind::wrong_model) said = "some-other-model";
  const auto dialect = ollama() ? ollama_dialect(ask, said, generate_call, settings_.logprobs)
                                : openai_dialect(ask, said, settings_.kind);
  if (wrong) {
    const bool there = co_await reply(connection, 400, dialect->error(400, *wrong));
    co_return there;
  }
  if (model == nullptr) {
    const std::string text =
        ollama() ? "model '" + ask.model + "' not found" : "Model not found: " + ask.model;
    const bool there = co_await reply(connection, 404, dialect->error(404, text));
    co_return there;
  }
  if (ollama() && ask.messages_empty) {
    const bool there = co_await preload(connection, ask, *model);
    co_return there;
  }
  if (fault.kind != Kind::none) {
    const bool over = co_await early_fault(connection, fault, *dialect);
    if (over) co_return false;
  }
  Took took;
  const bool admitted = co_await acquire(connection, *model, ask, took, *dialect);
  if (!admitted) {
    ++machine_.stats.cancelled;
    changed();
    co_return false;
  }
  changed();
  const Plan plan = plan_for(ask, model->spec);
  const bool keep = co_await speak(connection, ask, plan, *model, fault, took, *dialect);
  machine_.done(*model);
  changed();
  co_return keep;
}

// Faults that come before a model is touched. True = the connection is done with.
net::task<bool> Server::early_fault(Connection& connection, Fault fault, Dialect& dialect) {
  switch (fault.kind) {
    case Kind::reset:
      break;
    case Kind::garbage:
      co_await connection.write("\x16\x03\x01 this is not HTTP\r\n\r\n");
      break;
    case Kind::error500: {
      const std::string text =
          ollama() ? "llama runner process has terminated: exit status 2" : "Internal Server Error";
      co_await reply(connection, 500, dialect.error(500, text), "Connection: close\r\n");
      break;
    }
    case Kind::overloaded: {
      const std::string text = "server busy, please try again.  maximum pending requests exceeded";
      co_await reply(connection, 503, dialect.error(503, text), "Retry-After: 1\r\nConnection: close\r\n");
      break;
    }
    case Kind::loading:
      co_await reply(connection, 503, dialect.error(503, "Loading model"), "Connection: close\r\n");
      break;
    case Kind::context: {
      const std::string text = ollama() ? "the prompt is longer than the context length currently available"
                                        : "Input does not fit in context length. The input has 9000 tokens, "
                                          "but the context length only supports "
                                          "4096 tokens.";
      co_await reply(connection, 400, dialect.error(400, text), "Connection: close\r\n");
      break;
    }
    case Kind::unauthorized: {
      const std::string text = "Incorrect API key provided: sk-simulated";
      co_await reply(connection, 401, dialect.error(401, text), "Connection: close\r\n");
      break;
    }
    case Kind::hang:
      while (!connection.gone()) co_await connection.wait();
      ++machine_.stats.cancelled;
      break;
    default:
      co_return false;
  }
  changed();
  co_return true;
}

// Waits for a slot, loading the model if need be. False = the client left.
net::task<bool> Server::acquire(Connection& connection, Machine::Model& model, const Ask& ask, Took& took,
                                Dialect& /*dialect*/) {
  const auto window = ollama() ? ask.num_ctx : std::nullopt;
  while (!connection.gone()) {
    const auto step = machine_.ask(model, window);
    if (step == Machine::Step::run) co_return true;
    if (step == Machine::Step::load) {
      // The load goes on even if its client leaves, as the servers do.
      co_await connection.pause(scaled(model.spec.load_seconds));
      took.load += model.spec.load_seconds;
      machine_.loaded(model, window);
      changed();
      continue;
    }
    co_await connection.wait();
  }
  co_return false;
}

net::task<bool> Server::speak(Connection& connection, const Ask& ask, const Plan& plan, Machine::Model& model,
                              Fault fault, Took& took, Dialect& dialect) {
  const auto life = model.generation;
  took.prefill = static_cast<double>(plan.prompt_tokens) / model.spec.prefill_tokens_per_second;
  took.decode = static_cast<double>(plan.completion_tokens()) / model.spec.decode_tokens_per_second;
  const bool overflow = ollama() && plan.prompt_tokens > model.window;
  if (overflow && !ask.truncate) {
    const std::string text = "the prompt is longer than the context length currently available";
    const bool there = co_await reply(connection, 400, dialect.error(400, text));
    co_return there;
  }
  double prefill = took.prefill;
  if (fault.kind == Kind::slow_first) prefill += fault.at / 1000.0 / std::max(settings_.time_scale, 1e-9);
  bool there = co_await connection.pause(scaled(prefill));
  if (ask.stream) {
    if (there) {
      there = co_await connection.write(stream_head(dialect.stream_type(), fault));
    }
    if (there) {
      there = co_await stream(connection, plan, model, fault, took, dialect);
    }
  } else {
    if (there) {
      there = co_await connection.pause(scaled(took.decode));
    }
    if (there && model.generation != life) {
      co_await reply(connection, 400, dialect.error(400, "Model unloaded."), "Connection: close\r\n");
      co_return false;
    }
    if (there && fault.kind == Kind::cut) {
      const std::string text = dialect.whole(plan, took);
      co_await connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                                std::to_string(text.size()) + "\r\n\r\n" + text.substr(0, text.size() / 2));
      co_return false;
    }
    while (there && fault.kind == Kind::stall) {
      there = co_await connection.wait();
    }
    if (there) {
      std::string text = dialect.whole(plan, took);
      if (fault.kind == Kind::malformed) text = text.substr(0, text.size() / 2);
      if (fault.kind == Kind::error_in_stream) text = dialect.error_frame("the model has crashed");
      there = co_await reply(connection, 200, std::move(text));
    }
  }
  // Out of silence only the client's leaving leads.
  const bool cancelled = !there && (fault.kind == Kind::none || fault.kind == Kind::stall);
  ++(cancelled ? machine_.stats.cancelled : machine_.stats.finished);
  co_return there&& fault.kind != Kind::close_delimited;
}

// The pieces one by one at the model's speed. False = the connection is done with.
net::task<bool> Server::stream(Connection& connection, const Plan& plan, Machine::Model& model, Fault fault,
                               Took& took, Dialect& dialect) {
  const auto life = model.generation;
  const bool bare = fault.kind == Kind::close_delimited;
  const auto step = scaled(1 / model.spec.decode_tokens_per_second);
  std::vector<std::string> payloads;
  for (const auto& piece : plan.reasoning) payloads.push_back(dialect.reasoning(piece));
  for (const auto& piece : plan.text) payloads.push_back(dialect.text(piece));
  for (std::size_t i = 0; i < plan.calls.size(); ++i) payloads.push_back(dialect.call(plan.calls[i], i));
  if (fault.kind == Kind::empty) payloads.clear();
  int sent = 0;
  for (auto& payload : payloads) {
    bool there = co_await connection.pause(step);
    if (!there) co_return false;
    if (model.generation != life) {
      co_await connection.write(chunk(dialect.error_frame("Model unloaded.")) + "0\r\n\r\n");
      co_return false;
    }
    if (fault.kind == Kind::cut && sent == fault.at) co_return false;
    while (fault.kind == Kind::stall && sent == fault.at) {
      there = co_await connection.wait();
      if (!there) co_return false;
    }
    if (fault.kind == Kind::error_in_stream && sent == fault.at) {
      co_await connection.write(chunk(dialect.error_frame("the model has crashed")) + "0\r\n\r\n");
      co_return false;
    }
    if (fault.kind == Kind::malformed && sent == fault.at)
      payload = payload.substr(0, payload.size() / 2) + "\n\n";
    std::string framed = bare ? payload : chunk(payload);
    there = co_await connection.write(std::move(framed));
    if (!there) co_return false;
    ++sent;
  }
  if (fault.kind == Kind::empty) {
    co_await connection.write("0\r\n\r\n");
    co_return false;
  }
  const std::string end = dialect.end(plan, took);
  std::string framed = bare ? end : chunk(end) + "0\r\n\r\n";
  const bool there = co_await connection.write(std::move(framed));
  co_return there;
}

// LM Studio's POST /api/v1/models/load.
net::task<bool> Server::load_model(Connection& connection, const Request& request) {
  const auto body = nlohmann::json::parse(request.body, nullptr, false);
  auto* const model = body.is_object() ? machine_.find(body.value("model", "")) : nullptr;
  if (model == nullptr) {
    const std::string text = R"({"error":{"type":"model_not_found","message":"Model not found"}})";
    const bool there = co_await reply(connection, 404, text);
    co_return there;
  }
  std::optional<std::int64_t> window;
  if (body.contains("context_length")) window = body["context_length"].get<std::int64_t>();
  Ask ask;
  Took took;
  const auto dialect = openai_dialect(ask, model->spec.id, core::ProviderKind::lmstudio);
  const bool there = co_await acquire(connection, *model, ask, took, *dialect);
  if (!there) co_return false;
  machine_.done(*model);
  if (window) model->window = *window;
  changed();
  const nlohmann::json answer = {{"type", "llm"},
                                 {"instance_id", model->spec.id},
                                 {"load_time_seconds", took.load},
                                 {"status", "loaded"}};
  const bool sent = co_await reply(connection, 200, answer.dump());
  co_return sent;
}

// Ollama's request with empty messages: load, or unload with keep_alive 0.
net::task<bool> Server::preload(Connection& connection, const Ask& ask, Machine::Model& model) {
  nlohmann::json answer = {
      {"model", ask.model}, {"created_at", "2026-01-01T00:00:00Z"}, {"done", true}, {"done_reason", "load"}};
  answer["message"] = {{"role", "assistant"}, {"content", ""}};
  if (ask.keep_alive_seconds == 0) {
    machine_.unload(model);
    answer["done_reason"] = "unload";
  } else {
    Took took;
    const auto dialect = ollama_dialect(ask, ask.model, false, false);
    const bool there = co_await acquire(connection, model, ask, took, *dialect);
    if (!there) co_return false;
    machine_.done(model);
  }
  changed();
  const bool sent = co_await reply(connection, 200, answer.dump());
  co_return sent;
}

}  // namespace codecrucible::simulator
