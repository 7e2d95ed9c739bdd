#pragma once

#include <cstdint>
#include <string_view>

namespace codecrucible::classifier {

// What a word tells about a request. One word may be of several kinds ("test": thing of code and component).
// The order is part of the model file's meaning: append only, at most 64.
enum class Kind : std::uint8_t {
  make,          // create, write, build, generate …
  change,        // add, remove, update, modify, use …
  reshape,       // rename, translate, convert, reformat, document …
  inspect,       // explain, review, check, summarise …
  repair,        // fix, debug, solve …
  devise,        // plan, design, propose, recommend …
  operate,       // what a terminal does: list, count, kill, compress …
  what,          // what, which, who, when, where
  how,           //
  why,           //
  copula,        // is, are, does, did …: opens a yes-no question
  modal,         // can, could, would, will
  should,        //
  first_person,  // i, me, my
  we,            // we, us, our, let's
  you,           //
  pointer,       // this, that, these, it: points at something at hand
  the,           //
  a,             // a, an, some: something new
  polite,        // please, thanks, hi
  follow_up,     // also, instead, now, great, oops, actually: an answer came before
  negation,      // not, don't, doesn't, without
  artefact,      // function, script, regex, query, class, page …
  big_artefact,  // app, project, website, game, extension, platform …
  code_thing,    // method, parameter, variable, line, file, cell, module …
  component,     // frontend, backend, schema, cli, docs, migration …
  ui,            // button, page, menu, colour, icon …
  test,          //
  design,        // architecture, approach, strategy, options, roadmap …
  trouble,       // error, bug, crash, wrong, broken, warning, traceback …
  symptom,       // fails, stuck, missing, undefined, flickers …
  expectation,   // expected, actual, should-be words of bug reports
  markup,        // json, yaml, csv, markdown, table …
  prose_thing,   // docstring, comment, documentation, description, typo …
  human_tongue,  // english, spanish, german …
  language,      // python, rust, java …
  library,       // react, django, pandas …
  tool,          // docker, git, vscode, kubernetes, aws …
  data,          // dataframe, column, array, list, rows …
  shell,         // directory, folder, process, port, archive …
  hard,          // concurrency, distributed, oauth, kernel, optimise …
  security,      //
  performance,   //
  architecture,  //
  prose_work,    // essay, story, email, poem, article, riddle …
  science,       // integral, molecule, economy …: knowledge without code
  many,          // all, every, each, across, multiple, entire
  quantity,      // several numbers of requirements: first, second, then, finally, must
  compare,       // versus, compare, better, difference, alternative
  repository,    // repo, branch, commit, pr, diff, issue
  sql,           // select, join, table, query, database
  algorithm,     // matrix, graph, dynamic, tree, sort …
  persona,       // act, pretend, expert, role, professor
  knowing,       // know, possible, way, mean, works, supports
  wish,          // want, need, like, help, trying
  intricate,     // deadlock, segfault, consensus, p99 …: where small models are wrong without showing it
};

using Kinds = std::uint64_t;
constexpr Kinds bit(Kind kind) noexcept {
  return Kinds{1} << static_cast<unsigned>(kind);
}
inline constexpr std::size_t kind_count = static_cast<std::size_t>(Kind::intricate) + 1;

// FNV-1a over bytes that are already lower case.
constexpr std::uint32_t hash_seed = 2166136261U;
constexpr std::uint32_t hash_step(std::uint32_t hash, unsigned char byte) noexcept {
  return (hash ^ byte) * 16777619U;
}
constexpr std::uint32_t hash_of(std::string_view text) noexcept {
  std::uint32_t hash = hash_seed;
  for (const char c : text) hash = hash_step(hash, static_cast<unsigned char>(c));
  return hash;
}

// Kinds of the word with this hash (of its lower-case bytes, apostrophes dropped); 0 if it is not listed.
Kinds kinds_of(std::uint32_t word_hash) noexcept;

}  // namespace codecrucible::classifier
