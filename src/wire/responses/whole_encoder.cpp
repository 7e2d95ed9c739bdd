#include "wire/responses/client.hpp"
#include "wire/responses/response_object.hpp"

namespace codecrucible::wire::responses {
namespace {

class BodyEncoder final : public WholeEncoder {
 public:
  explicit BodyEncoder(const ReplyContext& context) : context_(context), output_(context) {}

  void gather(const core::Event& event) override {
    if (event.kind == core::Event::Kind::failure && !failure_) failure_ = event.failure;
    output_.take(event);
  }

  void write(std::string& out) override {
    if (failure_) {
      out += error_body(*failure_, context_.id);
      return;
    }
    output_.settle();
    append_response(context_, output_, status_of(output_), nullptr, out);
  }

 private:
  const ReplyContext& context_;
  Output output_;
  std::optional<core::Failure> failure_;
};

}  // namespace

std::unique_ptr<WholeEncoder> make_whole_encoder(const ReplyContext& context) {
  return std::make_unique<BodyEncoder>(context);
}

}  // namespace codecrucible::wire::responses
