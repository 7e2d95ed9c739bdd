#pragma once

#include "simulator/plan.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace codecrucible::simulator {

// Where the time of a generation went, as the servers report it.
struct Took {
  double load = 0, prefill = 0, decode = 0;  // seconds
};

// How one kind of server words its replies, byte by byte. Written apart from wire/, so that the two do not
// share mistakes.
class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual std::string_view stream_type() const = 0;
  // Payloads of a stream (not yet framed as chunks).
  virtual std::string text(std::string_view piece) = 0;
  virtual std::string reasoning(std::string_view piece) = 0;
  virtual std::string call(const PlannedCall& call, std::size_t index) = 0;
  virtual std::string end(const Plan& plan, const Took& took) = 0;
  virtual std::string error_frame(std::string_view text) = 0;
  virtual std::string whole(const Plan& plan, const Took& took) = 0;
  // Error body for a status.
  virtual std::string error(int status, std::string_view text) = 0;
};

// `model` is the name the reply carries.
std::unique_ptr<Dialect> openai_dialect(const Ask& ask, std::string model, core::ProviderKind kind);
std::unique_ptr<Dialect> ollama_dialect(const Ask& ask, std::string model, bool generate, bool logprobs);

}  // namespace codecrucible::simulator
