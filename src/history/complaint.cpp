#include "history/signals.hpp"

#include <array>
#include <cctype>
#include <string>

namespace codecrucible::history {
namespace {

// A complaint is short and comes at once: long messages hold new work, and what stands far behind the first
// words is about something else ("… then it fails" may be the next bug report).
constexpr std::size_t longest = 400;
constexpr std::size_t first_words = 90;

// What a complaint begins with, after fillers such as "no,"; in lower case.
constexpr std::array openings{
    // English
    "that's wrong", "that is wrong", "thats wrong", "this is wrong", "this's wrong", "that's not right",
    "that's not correct", "that is not correct", "this is not correct", "that is not right",
    "that isn't right", "this is not right", "this isn't right", "that's incorrect", "that is incorrect",
    "this is incorrect", "that's not correct", "that is not correct", "not correct",
    "that's not what i asked", "that is not what i asked", "this is not what i asked", "not what i asked",
    "that's not what i want", "that is not what i want", "this is not what i want", "not what i want",
    "that's not what i meant", "that is not what i meant", "not what i meant", "you're wrong",
    "you are wrong", "your answer is wrong", "your code is wrong", "your solution is wrong",
    "the answer is wrong", "still wrong", "it's still wrong", "wrong answer", "wrong again", "wrong!",
    "wrong.", "wrong,", "incorrect!", "incorrect.", "that doesn't work", "that does not work",
    "that didn't work", "that did not work", "this doesn't work", "this does not work", "this didn't work",
    "it doesn't work", "it does not work", "it didn't work", "it still doesn't work",
    "it still does not work", "still doesn't work", "still does not work", "still not working",
    "still broken", "it's still broken", "doesn't work", "does not work", "didn't work", "it's not working",
    "that doesn't compile", "this doesn't compile", "it doesn't compile", "your code doesn't compile",
    "your code doesn't work", "your code does not work", "you misunderstood", "you didn't answer",
    "you did not answer", "you ignored", "you forgot", "you hallucinated", "you made that up",
    "you made this up", "that function doesn't exist", "that method doesn't exist",
    "there is no such function",
    // German
    "das ist falsch", "das stimmt nicht", "stimmt nicht", "falsch!", "falsch.", "falsch,",
    "das ist nicht richtig", "das ist nicht korrekt", "das funktioniert nicht", "funktioniert nicht",
    "das geht nicht", "geht nicht", "funktioniert immer noch nicht", "geht immer noch nicht",
    "immer noch falsch", "das habe ich nicht gefragt", "das meinte ich nicht", "das war nicht die frage",
    "du liegst falsch", "das klappt nicht",
    // French
    "c'est faux", "c’est faux", "c'est incorrect", "c’est incorrect", "ce n'est pas correct",
    "ce n’est pas correct", "ce n'est pas ce que", "ce n’est pas ce que", "ça ne marche pas",
    "ca ne marche pas", "cela ne marche pas", "ça ne fonctionne pas", "cela ne fonctionne pas",
    "tu te trompes", "vous vous trompez", "toujours faux", "ça ne marche toujours pas",
    // Spanish
    "eso está mal", "eso esta mal", "está mal", "eso es incorrecto", "es incorrecto", "eso no es correcto",
    "no es correcto", "no funciona", "eso no funciona", "sigue sin funcionar", "te equivocas",
    "no es lo que pedí", "eso no es lo que", "no es lo que te pedí",
    // Italian
    "è sbagliato", "e' sbagliato", "questo è sbagliato", "non è corretto", "non funziona",
    "ancora non funziona", "non è quello che", "ti sbagli", "hai sbagliato",
    // Portuguese
    "está errado", "isso está errado", "não está certo", "não está correto", "não funciona",
    "isso não funciona", "não funcionou", "ainda não funciona", "não foi isso que", "você errou",
    // Dutch
    "dat is fout", "dat klopt niet", "klopt niet", "dat werkt niet", "werkt niet", "het werkt niet",
    "werkt nog steeds niet", "dat is niet wat ik",
    // Polish
    "to jest źle", "to źle", "to nie działa", "nie działa", "nadal nie działa", "to nieprawda",
    "to błędna odpowiedź", "nie o to pytałem", "nie o to pytałam",
    // Russian
    "это неправильно", "неправильно", "это неверно", "неверно", "это не так", "не работает",
    "это не работает", "всё ещё не работает", "все еще не работает", "ты ошибся", "вы ошиблись",
    "ты ошибаешься",
    // Chinese
    "不对", "错了", "这是错的", "答案错了", "你错了", "这不对", "还是不对", "不正确", "还是不行", "不能用",
    "这不是我要的",
    // Japanese
    "違います", "違う", "それは違います", "それは違う", "間違っています", "間違ってる", "間違いです",
    "動きません", "動かない", "まだ動きません", "正しくありません"};

constexpr std::array fillers{"no",    "nope", "hm",    "hmm",  "sorry", "but",           "ok",    "okay",
                             "well",  "nein", "non",   "nee",  "nie",   "нет",           "não",   "nao",
                             "sorry", "mais", "aber",  "pero", "ma",    "mas",           "wait",  "ugh",
                             "oh",    "ah",   "sadly", "maar", "ale",   "unfortunately", "leider"};

// After an opening these take the complaint back: the sentence is a question, a condition or about others.
constexpr std::array takes_back{"?", " if ", " when ", " wenn ", " si ", " se ", " если ", "吗", "か"};

std::string lowered(std::string_view text) {
  std::string out(text.substr(0, first_words));
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  // The typewriter's apostrophe for the printer's; capital letters of Cyrillic (D0 90..AF) to small ones.
  for (std::size_t at = 0; at + 1 < out.size(); ++at) {
    const auto first = static_cast<unsigned char>(out[at]);
    const auto second = static_cast<unsigned char>(out[at + 1]);
    if (first == 0xE2 && second == 0x80 && at + 2 < out.size() &&
        static_cast<unsigned char>(out[at + 2]) == 0x99) {
      out.replace(at, 3, "'");
    } else if (first == 0xD0 && second >= 0x90 && second <= 0x9F) {
      out[at + 1] = static_cast<char>(second + 0x20);
    } else if (first == 0xD0 && second >= 0xA0 && second <= 0xAF) {
      out[at] = static_cast<char>(0xD1);
      out[at + 1] = static_cast<char>(second - 0x20);
    } else if (first == 0xC3 && second >= 0x80 && second <= 0x9E) {
      out[at + 1] = static_cast<char>(second + 0x20);
    }
  }
  return out;
}

bool is_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() &&
         (std::isspace(static_cast<unsigned char>(text.front())) != 0 || text.front() == ',' ||
          text.front() == '.' || text.front() == '-' || text.front() == '!' || text.front() == ':'))
    text.remove_prefix(1);
  return text;
}

// "No, sorry, that's wrong" → "that's wrong".
std::string_view without_fillers(std::string_view text) {
  for (bool again = true; again;) {
    again = false;
    text = without_blanks(text);
    for (const std::string_view filler : fillers) {
      if (!text.starts_with(filler) || text.size() == filler.size() || is_letter(text[filler.size()]))
        continue;
      if (text[filler.size()] == '\'' || (static_cast<unsigned char>(text[filler.size()]) & 0x80) != 0)
        continue;
      text.remove_prefix(filler.size());
      again = true;
      break;
    }
  }
  return text;
}

// The sentence that the opening begins says it plainly.
bool stands(std::string_view opening, std::string_view rest) {
  if (!rest.empty() && is_letter(rest.front())) return false;  // "falsche" is another word
  // Words of Chinese and Japanese have no blanks between them: only punctuation may follow ("不对称" is
  // another word).
  const bool no_blanks = opening.size() > 2 && static_cast<unsigned char>(opening[0]) >= 0xE3;
  const bool ends = rest.empty() || static_cast<unsigned char>(rest.front()) < 0x80 ||
                    rest.starts_with("。") || rest.starts_with("，") || rest.starts_with("、") ||
                    rest.starts_with("！");
  if (no_blanks && !ends) return false;
  const auto end = rest.find_first_of(".!\n");
  const auto sentence = rest.substr(0, end == std::string_view::npos ? rest.size() : end);
  for (const std::string_view word : takes_back) {
    if (sentence.find(word) != std::string_view::npos) return false;
  }
  return true;
}

bool opens_with_complaint(std::string_view text) {
  for (const std::string_view opening : openings) {
    if (text.starts_with(opening) && stands(opening, text.substr(opening.size()))) return true;
  }
  return false;
}

}  // namespace

bool complains(std::string_view message) {
  if (message.empty() || message.size() > longest) return false;
  const std::string text = lowered(message);
  return opens_with_complaint(without_blanks(text)) || opens_with_complaint(without_fillers(text));
}

bool reports_failure(std::string_view tool_result) {
  const std::string text = lowered(tool_result);
  const auto start = without_blanks(text);
  constexpr std::array words{"error:",
                             "error executing",
                             "tool error",
                             "exception:",
                             "traceback (most recent",
                             "fatal:",
                             "failed:",
                             "failure:",
                             "command failed",
                             "<tool_use_error>",
                             "<error>",
                             "error calling",
                             "permission denied",
                             "no such file or directory",
                             "command not found",
                             "invalid arguments",
                             "invalid tool",
                             "unknown tool"};
  for (const std::string_view word : words) {
    if (start.starts_with(word)) return true;
  }
  // {"error": …} unless it says that there is none.
  for (const std::string_view key : {"{\"error\":", "{ \"error\":", "{\"is_error\":", "{\"iserror\":"}) {
    if (!start.starts_with(key)) continue;
    const auto value = without_blanks(start.substr(key.size()));
    return !value.starts_with("null") && !value.starts_with("false") && !value.starts_with("\"\"") &&
           !value.starts_with("[]") && !value.starts_with("{}");
  }
  return false;
}

}  // namespace codecrucible::history
