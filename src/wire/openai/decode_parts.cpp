#include "wire/openai/decode_parts.hpp"

namespace codecrucible::wire::openai {
namespace {

using Kind = JsonReader::Kind;

bool read_image_url(RequestReader& in, core::Image& image) {
  std::string_view url, key;
  if (in.json.kind() == Kind::string) {  // short form that some clients send
    if (!in.text(url, "image_url")) return false;
  } else {
    if (!in.enter_object("image_url")) return false;
    while (in.next_key(key)) {
      if (!(key == "url" ? in.text(url, "image_url.url") : in.pass_over(key, "image_url."))) return false;
    }
    if (in.json.failed()) return false;
  }
  return take_image(in, url, image, "image_url.url");
}

bool read_part(RequestReader& in, core::Part& part) {
  if (!in.enter_object("")) return false;
  const std::size_t start = in.json.position() - 1;
  std::string_view type, text, refusal, key;
  bool has_text = false, has_image = false;
  while (in.next_key(key)) {
    bool ok = false;
    if (key == "type") {
      ok = in.text(type, "type");
    } else if (key == "text") {
      has_text = in.json.kind() == Kind::string;
      ok = in.text(text, "text");
    } else if (key == "refusal") {
      ok = in.text(refusal, "refusal");
    } else if (key == "image_url" && in.json.kind() != Kind::null) {
      has_image = true;
      ok = read_image_url(in, part.image);
    } else {
      ok = in.pass_over(key);
    }
    if (!ok) return false;
  }
  if (in.json.failed()) return false;
  if (type == "text") {
    if (!has_text) return in.refuse("A part of type 'text' needs a string 'text'.", "text");
    part.text = text;
  } else if (type == "refusal") {
    part.text = refusal;
  } else if (type == "image_url") {
    if (!has_image) return in.refuse("A part of type 'image_url' needs 'image_url'.", "image_url");
    part.kind = core::Part::Kind::image;
  } else if (type.empty()) {
    return in.refuse("A content part needs a 'type'.", "type");
  } else {
    part.kind = core::Part::Kind::other;
    part.raw = in.text_from(start);
  }
  return true;
}

}  // namespace

bool take_image(RequestReader& in, std::string_view url, core::Image& image, std::string_view field) {
  if (url.starts_with("data:")) {
    const auto comma = url.find(',');
    std::string_view head = url.substr(5, comma == std::string_view::npos ? 0 : comma - 5);
    if (comma == std::string_view::npos || !head.ends_with(";base64")) {
      return in.refuse("An image's data URL must read data:<media type>;base64,<payload>.", field);
    }
    head.remove_suffix(7);
    image.media_type = head.substr(0, head.find(';'));
    image.base64 = url.substr(comma + 1);
    if (image.base64.empty()) return in.refuse("The image is empty.", field);
    return true;
  }
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return in.refuse("An image must be a data URL or an http(s) address.", field);
  }
  image.url = url;
  return true;
}

bool read_content_parts(RequestReader& in, std::pmr::vector<core::Part>& parts) {
  if (!in.enter_array("content")) return false;
  for (std::size_t index = 0; in.json.next_item(); ++index) {
    const RequestReader::Inside inside(in, "content", index);
    if (in.json.kind() == Kind::string) {  // a bare string among parts: as a text part
      if (!in.text(parts.emplace_back().text, "")) return false;
    } else if (!read_part(in, parts.emplace_back())) {
      return false;
    }
  }
  return !in.json.failed();
}

}  // namespace codecrucible::wire::openai
