#include "wire/openai/mend.hpp"

#include "core/json_text.hpp"

namespace codecrucible::wire::openai {
namespace {

using core::Event;
using Kind = JsonReader::Kind;

// Writes one object member by member.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  std::string& key(std::string_view name) {
    out_ += first_ ? "\"" : ",\"";
    first_ = false;
    out_.append(name).append("\":");
    return out_;
  }
  void close() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

class Mender {
 public:
  Mender(std::string_view data, const Mending& mending, std::string& out)
      : json_(data), how_(mending), out_(out) {}

  void write() {
    ObjectWriter object(out_);
    bool id = false, kind = false, created = false, model = false, choices = false;
    JsonString key;
    json_.enter_object();
    while (json_.next_key(key)) {
      if (key.raw == "id" || key.raw == "created" || key.raw == "model" || key.raw == "object") {
        json_.skip();
        bool& done = key.raw == "id"        ? id
                     : key.raw == "created" ? created
                     : key.raw == "model"   ? model
                                            : kind;
        if (!done) head(object, key.raw);
        done = true;
      } else if (key.raw == "choices" && json_.kind() == Kind::array) {
        choices = true;
        object.key("choices");
        write_choices();
      } else if (key.raw == "choices" || (key.raw == "usage" && usage_goes())) {
        json_.skip();
      } else {
        copy(object, key.raw);
      }
    }
    if (!id) head(object, "id");
    if (!kind) head(object, "object");
    if (!created) head(object, "created");
    if (!model) head(object, "model");
    if (!choices) object.key("choices") += "[]";
    object.close();
  }

 private:
  void copy(ObjectWriter& object, std::string_view key) {
    std::string_view raw;
    json_.skip(raw);
    object.key(key) += raw;
  }

  bool usage_goes() { return !how_.rules.whole && !how_.rules.include_usage && json_.kind() != Kind::null; }

  void head(ObjectWriter& object, std::string_view key) {
    object.key(key);
    if (key == "id") {
      out_.append("\"").append(how_.id).append("\"");
    } else if (key == "created") {
      out_ += how_.created;
    } else if (key == "model") {
      core::append_string(out_, how_.model);
    } else if (how_.rules.completion) {
      out_ += "\"text_completion\"";
    } else {
      out_ += how_.rules.whole ? "\"chat.completion\"" : "\"chat.completion.chunk\"";
    }
  }

  void write_choices() {
    out_ += '[';
    json_.enter_array();
    for (std::int32_t place = 0; json_.next_item(); ++place) {
      if (place > 0) out_ += ',';
      write_choice(place);
    }
    out_ += ']';
  }

  // The number of a choice is needed before its delta is written, and may stand behind it.
  std::int32_t number_of(std::int32_t place) {
    JsonReader ahead = json_;
    if (ahead.kind() != Kind::object || !ahead.enter_object()) return place;
    JsonString key;
    while (ahead.next_key(key)) {
      std::string_view raw;
      if (!ahead.skip(raw)) break;
      if (key.raw != "index") continue;
      const auto number = integer_of(raw);
      return number && *number >= 0 && *number < 128 ? static_cast<std::int32_t>(*number) : 0;
    }
    return place;
  }

  void write_choice(std::int32_t place) {
    choice_ = number_of(place);
    ObjectWriter object(out_);
    bool index = false, body = false, finish = false;
    JsonString key;
    if (json_.kind() != Kind::object) {
      json_.skip();
    } else {
      json_.enter_object();
      while (json_.next_key(key)) {
        if (key.raw == "index") {
          json_.skip();
          if (!index) core::append_number(object.key("index"), choice_);
          index = true;
        } else if (!how_.rules.completion && (key.raw == "delta" || key.raw == "message")) {
          if (body) {
            json_.skip();
            continue;
          }
          body = true;
          object.key(how_.rules.whole ? "message" : "delta");
          write_delta();
        } else if (key.raw == "finish_reason") {
          json_.skip();
          if (!finish) write_finish(object);
          finish = true;
        } else if (key.raw == "text" && json_.kind() == Kind::null) {
          json_.skip();
          object.key("text") += "\"\"";
        } else {
          copy(object, key.raw);
        }
      }
    }
    if (!index) core::append_number(object.key("index"), choice_);
    if (!body && !how_.rules.completion) object.key(how_.rules.whole ? "message" : "delta") += "{}";
    if (!finish) write_finish(object);
    object.close();
  }

  void write_finish(ObjectWriter& object) {
    object.key("finish_reason");
    for (const Event& event : *how_.events) {
      if (event.kind != Event::Kind::finish || event.choice != choice_) continue;
      core::append_string(out_, name(event.finish));
      return;
    }
    out_ += "null";
  }

  bool role_due() const {
    const auto at = static_cast<std::size_t>(choice_);
    return how_.rules.whole || (at < how_.role_due->size() && (*how_.role_due)[at]);
  }

  void write_delta() {
    ObjectWriter object(out_);
    if (role_due()) object.key("role") += "\"assistant\"";
    bool content = false, reasoning = false;
    const bool calls = has_calls();
    JsonString key;
    if (json_.kind() != Kind::object) {
      json_.skip();
    } else {
      json_.enter_object();
      while (json_.next_key(key)) {
        if (key.raw == "role" || key.raw == "tool_calls") {
          json_.skip();
        } else if (key.raw == "content") {
          content = true;
          write_content(object, calls);
        } else if (key.raw == "reasoning_content" || key.raw == "reasoning") {
          std::string_view raw;
          json_.skip(raw);
          const bool words = raw.starts_with('"') && raw != "\"\"";
          if (reasoning || !words) continue;
          reasoning = true;
          object.key(how_.rules.reasoning_field) += raw;
        } else {
          copy(object, key.raw);
        }
      }
    }
    if (!content && how_.rules.whole) object.key("content") += calls ? "null" : "\"\"";
    if (calls) write_calls(object);
    object.close();
  }

  void write_content(ObjectWriter& object, bool calls) {
    std::string_view raw;
    json_.skip(raw);
    if (raw != "null") {
      object.key("content") += raw;
    } else if (calls && role_due()) {
      object.key("content") += raw;
    } else if (role_due()) {
      object.key("content") += "\"\"";
    }
  }

  bool has_calls() const {
    for (const Event& event : *how_.events) {
      if (event.kind == Event::Kind::tool_call && event.choice == choice_) return true;
    }
    return false;
  }

  // One entry per call; pieces of one call that came apart in one chunk are joined.
  void write_calls(ObjectWriter& object) {
    object.key("tool_calls") += '[';
    std::int32_t open = -1;
    for (const Event& event : *how_.events) {
      if (event.kind != Event::Kind::tool_call || event.choice != choice_) continue;
      if (event.tool_index != open) {
        if (open >= 0) out_ += "\"}},";
        open = event.tool_index;
        out_ += "{";
        if (!how_.rules.whole) {
          out_ += "\"index\":";
          core::append_number(out_, event.tool_index);
          out_ += ',';
        }
        if (!event.tool_name.empty()) {
          out_ += "\"id\":";
          core::append_string(out_, event.tool_id);
          out_ += ",\"type\":\"function\",\"function\":{\"name\":";
          core::append_string(out_, event.tool_name);
          out_ += ",\"arguments\":\"";
        } else {
          out_ += "\"function\":{\"arguments\":\"";
        }
      }
      core::append_escaped(out_, event.text);
    }
    out_ += "\"}}]";
  }

  JsonReader json_;
  const Mending& how_;
  std::string& out_;
  std::int32_t choice_ = 0;
};

}  // namespace

void mend(std::string_view data, const Mending& mending, std::string& out) {
  Mender(data, mending, out).write();
}

}  // namespace codecrucible::wire::openai
