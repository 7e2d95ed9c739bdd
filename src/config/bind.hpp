#pragma once

#include "config/reader.hpp"
#include "config/table.hpp"
#include "config/units.hpp"

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace codecrucible::config {

// How a C++ type is read from a Node and shown as one. The primary template serves scalars and structs; the
// specialisations below lists, maps and optionals; a section may add its own for a form that users like
// better.
template <class T>
struct Form {
  static void read(T& out, const Node& node, const Type& type, Reader& reader) {
    if constexpr (std::is_same_v<T, bool>) {
      if (type.kind == Type::Kind::choice) {  // two words: the first one is false
        if (auto value = reader.choice(node, type)) out = *value != 0;
      } else {
        if (auto value = reader.boolean(node, type)) out = *value;
      }
    } else if constexpr (std::is_enum_v<T>) {
      if (auto value = reader.choice(node, type)) out = static_cast<T>(*value);
    } else if constexpr (std::is_integral_v<T>) {
      if (type.kind == Type::Kind::bytes) {
        if (auto value = reader.bytes(node, type)) out = static_cast<T>(*value);
      } else {
        if (auto value = reader.integer(node, type)) out = static_cast<T>(*value);
      }
    } else if constexpr (std::is_floating_point_v<T>) {
      if (auto value = reader.number(node, type)) out = static_cast<T>(*value);
    } else if constexpr (std::is_same_v<T, milliseconds>) {
      if (auto value = reader.duration(node, type)) out = *value;
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (auto value = reader.text(node, type)) out = std::move(*value);
    } else {
      reader.read(*type.shape, node, &out);
    }
  }

  static Node show(const T& value, const Type& type) {
    if constexpr (std::is_same_v<T, bool>) {
      if (type.kind == Type::Kind::choice) return Node::scalar(std::string(type.choices[value ? 1 : 0]));
      return Node::scalar(value ? "true" : "false");
    } else if constexpr (std::is_enum_v<T>) {
      return Node::scalar(std::string(type.choices[static_cast<std::size_t>(value)]));
    } else if constexpr (std::is_integral_v<T>) {
      if (type.kind == Type::Kind::bytes)
        return Node::scalar(bytes_to_text(static_cast<std::uint64_t>(value)));
      return Node::scalar(std::to_string(value));
    } else if constexpr (std::is_floating_point_v<T>) {
      return Node::scalar(number_to_text(value));
    } else if constexpr (std::is_same_v<T, milliseconds>) {
      return Node::scalar(to_text(value));
    } else if constexpr (std::is_same_v<T, std::string>) {
      Node node = Node::scalar(value, true);
      node.secret = type.secret;
      return node;
    } else {
      Node node = Node::map();
      for (const Key& key : *type.shape) node.set(key.name, key.show(&value));
      return node;
    }
  }
};

template <class T>
struct Form<std::optional<T>> {
  static void read(std::optional<T>& out, const Node& node, const Type& type, Reader& reader) {
    T value{};
    Form<T>::read(value, node, type, reader);
    out = std::move(value);
  }
  static Node show(const std::optional<T>& value, const Type& type) {
    return value ? Form<T>::show(*value, type) : Node{};
  }
};

template <class T>
struct Form<std::vector<T>> {
  static void read(std::vector<T>& out, const Node& node, const Type& type, Reader& reader) {
    if (!node.is_list()) {
      reader.wrong_type(node, type);
      return;
    }
    out.clear();
    for (const Node& item : node.items) {
      const Reader::Step step(reader, "[" + std::to_string(out.size()) + "]");
      T value{};
      if (item.is_null()) {
        reader.wrong_type(item, *type.element);
      } else {
        Form<T>::read(value, item, *type.element, reader);
      }
      out.push_back(std::move(value));
    }
  }
  static Node show(const std::vector<T>& values, const Type& type) {
    Node node = Node::list();
    for (const T& value : values) node.items.push_back(Form<T>::show(value, *type.element));
    return node;
  }
};

// A map that keeps the order of the file.
template <class T>
struct Form<std::vector<std::pair<std::string, T>>> {
  using Pairs = std::vector<std::pair<std::string, T>>;
  static void read(Pairs& out, const Node& node, const Type& type, Reader& reader) {
    if (!node.is_map()) {
      reader.wrong_type(node, type);
      return;
    }
    out.clear();
    for (const Node::Member& member : node.members) {
      const Reader::Step step(reader, "." + member.name.text);
      T value{};
      if (member.value.is_null()) {
        reader.wrong_type(member.value, *type.element);
      } else {
        Form<T>::read(value, member.value, *type.element, reader);
      }
      out.emplace_back(member.name.text, std::move(value));
    }
  }
  static Node show(const Pairs& values, const Type& type) {
    Node node = Node::map();
    for (const auto& [name, value] : values) node.set(name, Form<T>::show(value, *type.element));
    return node;
  }
};

// Rows of the table for one struct. `where` is a member pointer or a function from T& to the place.
template <class T>
class Rows {
 public:
  template <class Where>
  Key& add(std::string name, Type type, Where where, std::string doc) {
    using Place = std::remove_cvref_t<std::invoke_result_t<Where, T&>>;
    Key key;
    key.name = std::move(name);
    key.doc = std::move(doc);
    auto shared = std::make_shared<const Type>(type);
    key.type = std::move(type);
    key.read = [where, shared](void* object, const Node& node, Reader& reader) {
      Form<Place>::read(std::invoke(where, *static_cast<T*>(object)), node, *shared, reader);
    };
    key.show = [where, shared](const void* object) {
      // `where` may be a function that takes T&; nothing is changed through it here.
      return Form<Place>::show(std::invoke(where, *const_cast<T*>(static_cast<const T*>(object))), *shared);
    };
    shape_.push_back(std::move(key));
    return shape_.back();
  }

  // A map of keys that live in the same struct, or in a part of it.
  template <class Where>
  Key& section(std::string name, Shape shape, Where where, std::string doc) {
    return add(std::move(name), object(std::move(shape)), where, std::move(doc));
  }

  Shape shape() && { return std::move(shape_); }

 private:
  Shape shape_;
};

}  // namespace codecrucible::config
