#include "classifier/lexicon.hpp"

#include <array>
#include <cstddef>

namespace codecrucible::classifier {
namespace {

struct Entry {
  Kind kind;
  std::string_view words;  // separated by one space
};

// English, with the imperatives of a few other languages so that those do not fall to "unknown" at once.
constexpr Entry entries[] = {
    {Kind::make,
     "create write build generate make implement develop produce draft scaffold code craft compose construct "
     "provide give program bootstrap new newnotebook tests setup schreibe erstelle crea escribe écris crée "
     "напиши "
     "создай escreva scrivi"},
    {Kind::change,
     "add change remove update modify replace use include move set allow support show hide refactor extend "
     "drop "
     "delete put keep bring handle ensure improve optimize optimise increase decrease reduce switch merge "
     "enable "
     "disable adjust tweak edit append insert inject introduce integrate customize customise limit split "
     "pass "
     "return rework wrap strip skip ignore cache override expose store save persist prevent avoid redirect "
     "align "
     "default bump upgrade downgrade apply hook wire link mark turn stop undo revert restore ändere füge "
     "agrega "
     "cambia ajoute modifie добавь измени"},
    {Kind::reshape,
     "rename translate convert rewrite reformat format document sort reorder tidy lint simplify rephrase "
     "reword "
     "paraphrase restructure transform port transpile beautify prettify indent alphabetize capitalize "
     "lowercase "
     "uppercase annotate proofread polish shorten extract organize clean cleanup migrate übersetze traduce "
     "traduis "
     "переведи"},
    {Kind::inspect,
     "explain review analyze analyse summarize summarise check describe compare tell find identify audit "
     "verify "
     "inspect explore detect evaluate assess look understand locate investigate examine validate confirm "
     "walk read "
     "estimate classify categorize study scan clarify interpret critique explica erkläre explique объясни"},
    {Kind::repair,
     "fix debug solve resolve repair troubleshoot diagnose correct patch fixing solving fixes debugging "
     "diagnosing "
     "fixtestfailure behebe arregla corrige исправь"},
    {Kind::devise,
     "plan design propose recommend suggest consider architect decide outline brainstorm choose pick "
     "prioritize "
     "strategize advise think structure organize evaluate"},
    {Kind::operate,
     "list find count print kill copy compress search uncompress install run download display execute start "
     "archive unzip zip grep chmod mount calculate dump get recursively sum concatenate"},
    {Kind::what, "what which who when where whats whose was welche que quel что qué"},
    {Kind::how, "how hows wie cómo comment как"},
    {Kind::why, "why warum porqué pourquoi почему"},
    {Kind::copula, "is are does do did was were has have isnt arent am"},
    {Kind::modal, "can could would will may might cant couldnt wont wouldnt"},
    {Kind::should, "should ought shouldnt"},
    {Kind::first_person, "i me my mine im ive id ill myself ich meine mi mon ma я"},
    {Kind::we, "we us our lets were weve well wed ours"},
    {Kind::you, "you your youre youve yours u"},
    {Kind::pointer,
     "this that these those it its here above below following attached selected selection current dieser "
     "este "
     "ce эту это"},
    {Kind::the, "the"},
    {Kind::a, "a an some any another eine ein un une uma una"},
    {Kind::polite, "please pls thanks thank hi hello hey kindly dear bitte"},
    {Kind::follow_up,
     "also instead now great oops actually again still almost better perfect good ok okay next hmm looks too "
     "another nice cool yes no right wait but earlier previous previously back already fact just even oh"},
    {Kind::negation,
     "not no dont doesnt didnt without never none cant cannot isnt wont arent wasnt nothing nor neither "
     "unable "
     "couldnt hasnt havent werent shouldnt nicht sin pas не"},
    {Kind::artefact,
     "function script regex query class page tool snippet dockerfile program macro notebook command workflow "
     "makefile makro oneliner expression formula module component hook bookmarklet artifact html template "
     "procedure playbook manifest pipeline cronjob trigger benchmark cheatsheet svg readme config "
     "configuration "
     "yaml userscript stylesheet middleware decorator iterator dataset scraper bot"},
    {Kind::big_artefact,
     "app application project website webapp game extension platform system library package framework "
     "service "
     "microservice workspace site saas dashboard marketplace crud boilerplate starter monorepo sdk plugin "
     "compiler "
     "engine stack apps portal clone emulator suite solution"},
    {Kind::code_thing,
     "method function parameter param variable line lines file files cell module class code test argument "
     "arg "
     "constant field property option flag block loop import imports type types interface struct enum "
     "constructor "
     "handler callback statement key value signature attribute header endpoint helper subclass prop props "
     "snippet codebase expression selector fixture mock return decorator functions methods variables params "
     "arguments constants properties options flags fields string"},
    {Kind::component,
     "frontend backend schema cli docs migration migrations database api ui client server tests readme "
     "routes "
     "controller controllers models views services config deployment ci pipeline auth authentication login "
     "admin "
     "mobile web desktop infrastructure endpoints modules components pages layers packages repositories "
     "tables"},
    {Kind::ui,
     "button page menu color colour icon text link tab label tooltip dialog popup modal header footer toggle "
     "dropdown input textarea image background font layout screen css style styles form panel title spinner "
     "checkbox sidebar navbar display badge box axis legend chart graph plot width height margin padding "
     "hover "
     "click scroll buttons links tabs icons labels px"},
    {Kind::test,
     "test tests testing unit unittest unittests pytest jest vitest mock coverage mocha spec testcase"},
    {Kind::design,
     "architecture approach strategy design options tradeoff tradeoffs trade roadmap alternatives "
     "alternative "
     "practices practice pros cons best proposal propose structure plan planning feasible feasibility "
     "possible "
     "recommendation recommendations suggestions ideas idea advice milestones requirements architect "
     "decision "
     "organize story stories breakdown scalable worth appropriate safe consider"},
    {Kind::trouble,
     "error errors bug bugs crash crashes wrong broken warning warnings traceback exception exceptions issue "
     "issues problem problems fault segfault segmentation leak failure failed fail fehler error failing "
     "crashed "
     "invalid typeerror valueerror keyerror attributeerror nameerror syntaxerror importerror runtimeerror "
     "referenceerror nullpointerexception indexerror panic stacktrace deadlock regression glitch incorrect "
     "unexpected ошибка ошибку erreur 错误"},
    {Kind::symptom,
     "fails stuck missing undefined null nan flickers empty blank hangs freezes slow throws throwing raises "
     "disappears duplicate duplicated overlap overlaps denied refused timeout corrupted work working works "
     "happens happening getting getting cannot unable not unresolved unrecognized keeps incorrectly"},
    {Kind::expectation,
     "expected actual result observe reproduce steps precondition version screenshot workaround performed "
     "observed behavior behaviour"},
    {Kind::markup,
     "json yaml csv markdown table xml toml html latex bullet bullets list snake camel case camelcase "
     "uppercase "
     "lowercase hex ascii base64 utf emoji emojis format"},
    {Kind::prose_thing,
     "docstring docstrings comment comments documentation description typo typos grammar wording jsdoc "
     "javadoc "
     "changelog message sentence paragraph spelling indentation whitespace naming names name hints "
     "annotations "
     "summary docs paragraphs selection"},
    {Kind::human_tongue,
     "english spanish german french russian chinese japanese italian portuguese dutch korean arabic polish "
     "hindi "
     "turkish ukrainian"},
    {Kind::language,
     "python rust java javascript typescript go golang ruby php perl swift kotlin scala haskell c c++ cpp "
     "bash "
     "powershell r lua matlab julia sql csharp dart elixir clojure fortran cobol assembly vba octave "
     "solidity "
     "luau shell js ts cuda"},
    {Kind::library,
     "react django pandas numpy flask fastapi vue angular svelte express spring rails laravel pytorch "
     "tensorflow "
     "jquery tailwind bootstrap nextjs next node nodejs electron unity godot blazor aspnet net wpf qt opencv "
     "matplotlib seaborn plotly sqlalchemy hibernate graphql selenium playwright prisma redux keras sklearn "
     "xaml"},
    {Kind::tool,
     "docker git vscode kubernetes aws azure github gitlab linux windows macos terraform ansible jenkins "
     "nginx "
     "npm pip conda excel chrome android ios ubuntu vs vim emacs postgres postgresql mysql mongodb redis "
     "sqlite "
     "kafka rabbitmq elasticsearch firebase vercel cloudflare jupyter colab visual studio terminal"},
    {Kind::data,
     "dataframe column columns array list rows row dictionary dict string strings integer values numbers csv "
     "json "
     "matrix vector vectors dates date data object objects tuple set map"},
    {Kind::shell,
     "directory folder process port archive files path symlink permissions file directories folders "
     "extension "
     "recursively tar gz disk memory cpu environment variable user users sudo hostname ip named older "
     "larger"},
    {Kind::hard,
     "concurrency concurrent distributed oauth kernel optimize optimise protocol encryption cryptographic "
     "multithreaded multithreading asynchronous async lock lockfree realtime consensus compiler parser "
     "simulation "
     "physics neural transformer cuda gpu embedded driver scalable scalability fault tolerant transaction "
     "transactions isolation replication sharding raft consistency atomic race deadlock complex advanced "
     "comprehensive production robust efficient algorithm multiplayer emulator interpreter wasm rewrite "
     "migrate migration refactor architecture numerical"},
    {Kind::security,
     "security secure vulnerability vulnerabilities vulnerable exploit injection xss csrf auth "
     "authentication "
     "authorization oauth jwt token tokens password passwords encrypt encryption tls ssl hash secret secrets "
     "credentials privacy permission permissions cve sanitize"},
    {Kind::performance,
     "performance fast faster slow speed optimize optimise optimization latency throughput efficient memory "
     "bottleneck profile profiling benchmark cache caching scale scaling quicker"},
    {Kind::architecture,
     "architecture architectural microservice microservices monolith modular scalable scalability "
     "distributed "
     "pattern patterns design domain event driven layered decouple decoupling infrastructure"},
    {Kind::prose_work,
     "essay story email poem article riddle letter joke blog recipe song lyrics speech slogan dialogue novel "
     "character tweet resume cover letter paragraph summary section biography quiz questions interview "
     "tutorial marketing proverb diary report haiku"},
    {Kind::science,
     "integral molecule economy biology chemistry chemical reaction quantum history philosophy psychology "
     "equation probability theorem physics planet animal country capital president health diet medical brain "
     "energy temperature water invest interest investment revenue market marketing business sales startup "
     "literature grammar students teacher research ethical music movie film food travel book novel culture "
     "solve evaluate math percent"},
    {Kind::many,
     "all every each across multiple entire whole everywhere both various several many full complete"},
    {Kind::quantity,
     "first second third then finally must requirements following include including also ensure should "
     "additionally furthermore moreover need needs support supports where when once plus"},
    {Kind::compare,
     "versus vs compare better difference differences alternative or between than worse prefer"},
    {Kind::repository,
     "repo repository branch commit commits pr pull diff issue release changes git merge master main fork"},
    {Kind::sql, "select join table query database sql tables mysql postgres sqlite where insert index rows"},
    {Kind::algorithm,
     "matrix graph dynamic tree sort sorting search shortest path recursive recursion prime fibonacci "
     "factorial "
     "dijkstra binary linked queue stack heap bfs dfs knapsack permutations combinations optimal complexity"},
    {Kind::persona,
     "act pretend expert role professor experienced imagine senior assistant task roleplay persona youre "
     "skilled"},
    {Kind::knowing,
     "know possible way mean means works supports there difference used purpose supported able does keyboard "
     "shortcut"},
    {Kind::wish, "want need like help trying try wish looking would id wanna lets must hope"},
    {Kind::intricate,
     "deadlock deadlocks deadlocking livelock racy segfault segfaults segfaulting segv reentrancy reentrant "
     "lockfree waitfree mutex mutexes latch latches futex consensus raft paxos quorum linearizable "
     "linearizability serializable crdt crdts failover intermittent intermittently sporadic sporadically "
     "heisenbug nondeterministic corruption corrupts starvation backpressure stealing preemption p95 p99 "
     "p999 "
     "cryptographic sidechannel sharding uaf"},
};

constexpr std::size_t slot_count = 4096;  // load below one half

struct Slot {
  std::uint32_t hash = 0;
  Kinds kinds = 0;
};

constexpr std::array<Slot, slot_count> make_table() {
  std::array<Slot, slot_count> table{};
  for (const auto& entry : entries) {
    std::uint32_t hash = hash_seed;
    for (std::size_t i = 0; i <= entry.words.size(); ++i) {
      if (i < entry.words.size() && entry.words[i] != ' ') {
        hash = hash_step(hash, static_cast<unsigned char>(entry.words[i]));
        continue;
      }
      std::size_t at = (hash ^ (hash >> 15)) % slot_count;
      while (table[at].kinds != 0 && table[at].hash != hash) at = (at + 1) % slot_count;
      table[at].hash = hash;
      table[at].kinds |= bit(entry.kind);
      hash = hash_seed;
    }
  }
  return table;
}

constexpr auto table = make_table();

}  // namespace

Kinds kinds_of(std::uint32_t hash) noexcept {
  std::size_t at = (hash ^ (hash >> 15)) % slot_count;
  while (table[at].kinds != 0) {
    if (table[at].hash == hash) return table[at].kinds;
    at = (at + 1) % slot_count;
  }
  return 0;
}

}  // namespace codecrucible::classifier
