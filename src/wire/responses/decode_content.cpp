#include "wire/openai/decode_parts.hpp"
#include "wire/responses/decode_parts.hpp"

namespace codecrucible::wire::responses {
namespace {

using Kind = JsonReader::Kind;

constexpr std::string_view text_types[] = {"input_text", "output_text", "text", "summary_text",
                                           "reasoning_text"};

bool is_text(std::string_view type) {
  for (const auto known : text_types) {
    if (type == known) return true;
  }
  return false;
}

// `image_url` is a string here; the object of the chat dialect is understood too.
bool read_address(RequestReader& in, std::string_view& url) {
  if (in.json.kind() != Kind::object) return in.text(url, "image_url");
  if (!in.json.enter_object()) return false;
  std::string_view key;
  while (in.next_key(key)) {
    if (!(key == "url" ? in.text(url, "image_url.url") : in.json.skip())) return false;
  }
  return !in.json.failed();
}

bool read_part(RequestReader& in, core::Part& part) {
  if (!in.enter_object("")) return false;
  const std::size_t start = in.json.position() - 1;
  std::string_view key, type, text, refusal, url;
  bool has_text = false;
  while (in.next_key(key)) {
    bool ok = false;
    if (key == "type") {
      ok = in.text(type, "type");
    } else if (key == "text") {
      has_text = in.json.kind() == Kind::string;
      ok = in.text(text, "text");
    } else if (key == "refusal") {
      ok = in.text(refusal, "refusal");
    } else if (key == "image_url") {
      ok = read_address(in, url);
    } else {
      ok = in.json.skip();
    }
    if (!ok) return false;
  }
  if (in.json.failed()) return false;
  if (is_text(type)) {
    if (!has_text)
      return in.refuse("A part of type '" + std::string(type) + "' needs a string 'text'.", "text");
    part.text = text;
  } else if (type == "refusal") {
    part.text = refusal;
  } else if (type == "input_image") {
    if (url.empty()) {
      return in.refuse(
          "An image must be given by 'image_url': a data URL or an address. There are no stored files.",
          "image_url");
    }
    part.kind = core::Part::Kind::image;
    return openai::take_image(in, url, part.image, "image_url");
  } else if (type == "input_audio") {
    part.kind = core::Part::Kind::other;
    part.raw = in.text_from(start);
  } else if (type.empty()) {
    return in.refuse("A content part needs a 'type'.", "type");
  } else {
    return in.refuse("Content of type '" + std::string(type) +
                         "' is not supported here: send text, or images as data URLs.",
                     "type", core::Cause::unsupported);
  }
  return true;
}

}  // namespace

bool read_content(RequestReader& in, std::pmr::vector<core::Part>& parts, std::string_view field,
                  bool any_object) {
  switch (in.json.kind()) {
    case Kind::null:
      return in.json.read_null();
    case Kind::string:
      return in.text(parts.emplace_back().text, field);
    case Kind::object:
      if (!any_object) break;
      return in.raw(parts.emplace_back().text);
    case Kind::array:
      if (!in.json.enter_array()) return false;
      for (std::size_t index = 0; in.json.next_item(); ++index) {
        const RequestReader::Inside inside(in, field, index);
        const bool bare = in.json.kind() == Kind::string;
        auto& part = parts.emplace_back();
        if (!(bare ? in.text(part.text, "") : read_part(in, part))) return false;
      }
      return !in.json.failed();
    case Kind::bad:
      return in.json.skip();
    default:
      break;
  }
  return in.refuse("'" + std::string(field) + "' must be a string or an array of parts.", field);
}

}  // namespace codecrucible::wire::responses
