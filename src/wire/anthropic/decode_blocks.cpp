#include "wire/anthropic/decode_parts.hpp"

namespace codecrucible::wire::anthropic {
namespace {

using core::Part;
using Kind = JsonReader::Kind;
using Parts = std::pmr::vector<Part>;

void add_text(Parts& parts, std::string_view text) {
  if (!text.empty()) parts.emplace_back().text = text;
}

bool read_text(RequestReader& in, std::string_view& text) {
  bool there = false;
  const bool ok = read_members(in, "", [&](std::string_view key) {
    if (key != "text") return in.json.skip();
    there = in.json.kind() == Kind::string;
    return in.text(text, "text");
  });
  return ok && (there || in.refuse("A block of type 'text' needs a string 'text'.", "text"));
}

bool read_image_source(RequestReader& in, core::Image& image) {
  std::string_view type;
  const bool ok = read_members(in, "source", [&](std::string_view key) {
    if (key == "type") return in.text(type, "source.type");
    if (key == "media_type") return in.text(image.media_type, "source.media_type");
    if (key == "data") return in.text(image.base64, "source.data");
    if (key == "url") return in.text(image.url, "source.url");
    return in.json.skip();
  });
  if (!ok) return false;
  if (type == "base64") {
    image.url = {};
    return !image.base64.empty() || in.refuse("An image of type 'base64' needs 'data'.", "source.data");
  }
  if (type == "url") {
    image.base64 = {};
    const bool web = image.url.starts_with("http://") || image.url.starts_with("https://");
    return web || in.refuse("An image's 'url' must be an http(s) address.", "source.url");
  }
  return in.refuse("Images come as 'base64' or 'url': there are no uploaded files here.", "source.type",
                   core::Cause::unsupported);
}

bool read_image(RequestReader& in, Parts& parts) {
  Part part;
  part.kind = Part::Kind::image;
  bool there = false;
  const bool ok = read_members(in, "", [&](std::string_view key) {
    if (key != "source") return in.json.skip();
    there = true;
    return read_image_source(in, part.image);
  });
  if (!ok) return false;
  if (!there) return in.refuse("A block of type 'image' needs 'source'.", "source");
  parts.push_back(part);
  return true;
}

// The text and image blocks of a list; of other blocks what a text model can be told.
bool read_plain_blocks(RequestReader& in, Parts& parts);

bool read_document_source(RequestReader& in, Parts& parts) {
  std::string_view type, data;
  const bool ok = read_members(in, "source", [&](std::string_view key) {
    if (key == "type") return in.text(type, "source.type");
    if (key == "data") return in.text(data, "source.data");
    if (key != "content") return in.json.skip();
    if (in.json.kind() != Kind::string) return read_plain_blocks(in, parts);
    return in.text(data, "source.content");
  });
  if (!ok) return false;
  if (type == "text" || type == "content") {
    add_text(parts, data);
    return true;
  }
  return in.refuse("Documents come as 'text' or 'content': local models do not read PDF files.",
                   "source.type", core::Cause::unsupported);
}

bool read_document(RequestReader& in, Parts& parts) {
  std::string_view title, context;
  Parts inside(in.arena.resource());
  const bool ok = read_members(in, "", [&](std::string_view key) {
    if (key == "source") return read_document_source(in, inside);
    if (key == "title") return in.text(title, "title");
    if (key == "context") return in.text(context, "context");
    return in.json.skip();
  });
  if (!ok) return false;
  add_text(parts, title.empty() ? std::string_view("<document>")
                                : in.arena.join({"<document title=\"", title, "\">"}));
  add_text(parts, context);
  parts.insert(parts.end(), inside.begin(), inside.end());
  add_text(parts, "</document>");
  return true;
}

bool read_search_result(RequestReader& in, Parts& parts) {
  std::string_view title, source;
  Parts inside(in.arena.resource());
  const bool ok = read_members(in, "", [&](std::string_view key) {
    if (key == "content") return read_plain_blocks(in, inside);
    if (key == "title") return in.text(title, "title");
    if (key == "source") return in.text(source, "source");
    return in.json.skip();
  });
  if (!ok) return false;
  add_text(parts, in.arena.join({title, title.empty() || source.empty() ? "" : " – ", source}));
  parts.insert(parts.end(), inside.begin(), inside.end());
  return true;
}

// What a search for tools found: the tools themselves are in `tools` anyway.
bool read_tool_reference(RequestReader& in, Parts& parts) {
  std::string_view name;
  const bool ok = read_members(in, "", [&](std::string_view key) {
    return key == "tool_name" ? in.text(name, "tool_name") : in.json.skip();
  });
  if (ok) add_text(parts, name);
  return ok;
}

// Blocks that a user's message and a tool's result have in common; `known` tells whether it was one.
bool read_plain_block(RequestReader& in, std::string_view type, Parts& parts, bool& known) {
  known = true;
  if (type == "text") {
    std::string_view text;
    if (!read_text(in, text)) return false;
    add_text(parts, text);
    return true;
  }
  if (type == "image") return read_image(in, parts);
  if (type == "document") return read_document(in, parts);
  if (type == "search_result") return read_search_result(in, parts);
  if (type == "tool_reference") return read_tool_reference(in, parts);
  known = false;
  return true;
}

bool refuse_block(RequestReader& in, std::string_view type) {
  if (in.json.kind() == Kind::bad) return in.json.skip();
  if (in.json.kind() != Kind::object) return in.refuse("A content block must be an object.", "");
  if (!in.json.skip()) return false;
  if (type.empty()) return in.refuse("A content block needs a 'type'.", "type");
  return in.refuse("Blocks of type '" + std::string(type) + "' are not supported here.", "type",
                   core::Cause::unsupported);
}

bool read_plain_blocks(RequestReader& in, Parts& parts) {
  if (!in.enter_array("content")) return false;
  while (in.json.next_item()) {
    const std::string_view type = peek_type(in);
    bool known = false;
    if (!read_plain_block(in, type, parts, known)) return false;
    if (!known) return refuse_block(in, type);
  }
  return !in.json.failed();
}

bool read_result_content(RequestReader& in, Parts& parts) {
  if (in.null()) return true;
  if (in.json.kind() == Kind::string) {
    std::string_view text;
    if (!in.text(text, "content")) return false;
    add_text(parts, text);
    return true;
  }
  if (!in.enter_array("content")) return false;
  for (std::size_t index = 0; in.json.next_item(); ++index) {
    const RequestReader::Inside inside(in, "content", index);
    const std::string_view type = peek_type(in);
    bool known = false;
    if (!read_plain_block(in, type, parts, known)) return false;
    if (!known) return refuse_block(in, type);
  }
  return !in.json.failed();
}

// No other dialect has a mark for a failed call, so the text says it.
void mark_error(core::Arena& arena, core::Message& result) {
  result.is_error = true;
  if (result.parts.empty()) {
    add_text(result.parts, "Error");
  } else if (!result.parts.front().text.starts_with("Error")) {
    result.parts.front().text = arena.join({"Error: ", result.parts.front().text});
  }
}

// A result is a message of its own elsewhere, and holds text only: its images go into the user's message
// that follows (anthropic.md part 9).
bool read_tool_result(RequestReader& in, Content& content) {
  core::Message& result = content.results.emplace_back();
  result.role = core::Role::tool;
  std::optional<bool> is_error;
  Parts parts(in.arena.resource());
  const bool ok = read_members(in, "", [&](std::string_view key) {
    if (key == "tool_use_id") return in.text(result.tool_call_id, "tool_use_id");
    if (key == "is_error") return in.flag(is_error, "is_error");
    return key == "content" ? read_result_content(in, parts) : in.json.skip();
  });
  if (!ok) return false;
  if (result.tool_call_id.empty()) {
    return in.refuse("A block of type 'tool_result' needs the 'tool_use_id' it answers.", "tool_use_id");
  }
  for (const auto& part : parts) {
    (part.kind == Part::Kind::image ? content.result_images : result.parts).push_back(part);
  }
  if (result.parts.size() < parts.size()) add_text(result.parts, "(See the image in the next message.)");
  if (is_error.value_or(false)) mark_error(in.arena, result);
  return true;
}

bool read_tool_use(RequestReader& in, Content& content) {
  core::ToolCall& call = content.calls.emplace_back();
  const bool ok = read_members(in, "", [&](std::string_view key) {
    if (key == "id") return in.text(call.id, "id");
    if (key == "name") return in.text(call.name, "name");
    return key == "input" ? in.raw_object(call.arguments, "input") : in.json.skip();
  });
  if (!ok) return false;
  if (call.id.empty()) return in.refuse("A block of type 'tool_use' needs an 'id'.", "id");
  if (call.name.empty()) return in.refuse("A block of type 'tool_use' needs a 'name'.", "name");
  if (call.arguments.empty()) call.arguments = "{}";
  return true;
}

bool read_thinking(RequestReader& in, Content& content) {
  std::string_view thinking, signature;
  const bool ok = read_members(in, "", [&](std::string_view key) {
    if (key == "thinking") return in.text(thinking, "thinking");
    return key == "signature" ? in.text(signature, "signature") : in.json.skip();
  });
  if (!ok) return false;
  if (signature == own_signature) content.reasoning = in.arena.join({content.reasoning, thinking});
  return true;
}

// What Anthropic's own service did in earlier turns; nobody here can make use of it.
bool is_foreign(std::string_view type) {
  return type == "redacted_thinking" || type == "server_tool_use" || type == "mcp_tool_use" ||
         type == "mcp_tool_result" || type == "container_upload" || type == "compaction" ||
         type == "fallback" || (type != "tool_result" && type.ends_with("_tool_result"));
}

bool read_block(RequestReader& in, Content& content) {
  const std::string_view type = peek_type(in);
  bool known = false;
  if (!read_plain_block(in, type, content.parts, known)) return false;
  if (known) return true;
  if (type == "tool_use") return read_tool_use(in, content);
  if (type == "tool_result") return read_tool_result(in, content);
  if (type == "thinking") return read_thinking(in, content);
  if (is_foreign(type)) return in.json.skip();
  return refuse_block(in, type);
}

}  // namespace

std::string_view peek_type(const RequestReader& in) {
  JsonReader ahead = in.json;
  JsonString key, value;
  if (ahead.kind() != Kind::object || !ahead.enter_object()) return {};
  while (ahead.next_key(key)) {
    if (key.raw == "type" && ahead.kind() == Kind::string) {
      return ahead.read_string(value) ? value.raw : std::string_view();
    }
    if (!ahead.skip()) break;
  }
  return {};
}

bool read_content(RequestReader& in, Content& content) {
  switch (in.json.kind()) {
    case Kind::string: {
      std::string_view text;
      if (!in.text(text, "content")) return false;
      add_text(content.parts, text);
      return true;
    }
    case Kind::array:
      break;
    case Kind::bad:
      return in.json.skip();
    default:
      return in.refuse("A message's content must be a string or an array of blocks.", "content");
  }
  if (!in.enter_array("content")) return false;
  for (std::size_t index = 0; in.json.next_item(); ++index) {
    const RequestReader::Inside inside(in, "content", index);
    if (!read_block(in, content)) return false;
  }
  return !in.json.failed();
}

}  // namespace codecrucible::wire::anthropic
