#include "online.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
using namespace codecrucible;
using namespace codecrucible::measuring;
int main(int n, char** a) {
  if (n < 3) {
    std::printf("learning: no data\n");
    return 0;
  }
  std::map<std::string, double> p{{"level", .3}, {"arm", .25},   {"task", .15},  {"cplx", .05}, {"at", .15},
                                  {"ac", .03},   {"trait", .25}, {"noise", .4},  {"forget", 1}, {"budget", 1},
                                  {"opt", .5},   {"alarm", 1e9}, {"slack", .35}, {"doubt", 1},  {"traits", 0},
                                  {"seeds", 10}, {"alg", 0},     {"drop", 0}};
  for (int i = 3; i < n; ++i) {
    std::string w = a[i];
    auto e = w.find('=');
    p[w.substr(0, e)] = std::atof(w.c_str() + e + 1);
  }
  auto set = nine_models(a[1], a[2]);
  learning::BanditSettings s;
  s.algorithm = p["alg"] > 0 ? learning::Algorithm::linucb : learning::Algorithm::thompson;
  s.spread = {p["level"], p["arm"], p["task"], p["cplx"], p["at"], p["ac"], p["trait"], p["noise"]};
  s.forgetting = p["forget"];
  s.budget = p["budget"];
  s.optimism = p["opt"];
  s.alarm = p["alarm"];
  s.slack = p["slack"];
  s.doubt = p["doubt"];
  double reg = 0, fix = 0, sec = 0, sh = 0, w500 = 0, c500 = 0, f500 = 0, rec = 0, rew = 0, by = 0, ran = 0;
  int seeds = (int)p["seeds"];
  for (int k = 1; k <= seeds; ++k) {
    Course c;
    c.seed = (std::uint64_t)k;
    auto st = run(set, s, p["traits"] > 0, c);
    double r = mean_of(st, &Step::reward), b = mean_of(st, &Step::by_task);
    rew += r;
    by += b;
    ran += mean_of(st, &Step::random);
    reg += b - r;
    fix += r - mean_of(st, &Step::fixed);
    auto h = st.size() / 2;
    double rb = mean_of(st, &Step::by_task, h), rr = mean_of(st, &Step::random, h);
    sec += (mean_of(st, &Step::reward, h) - rr) / (rb - rr);
    c500 += mean_of(st, &Step::by_task, 0, 500) - mean_of(st, &Step::reward, 0, 500);
    if (p["drop"] < 0) continue;
    c.shuffled = true;
    auto x = run(set, s, p["traits"] > 0, c);
    sh += r - mean_of(x, &Step::reward);
    c.shuffled = false;
    c.warm = 200;
    x = run(set, s, p["traits"] > 0, c);
    w500 += mean_of(x, &Step::by_task, 0, 500) - mean_of(x, &Step::reward, 0, 500);
    c.warm_full = true;
    x = run(set, s, p["traits"] > 0, c);
    f500 += mean_of(x, &Step::by_task, 0, 500) - mean_of(x, &Step::reward, 0, 500);
    c.warm = 0;
    c.drop = true;
    x = run(set, s, p["traits"] > 0, c);
    c.frozen = true;
    auto f = run(set, s, p["traits"] > 0, c);
    auto m = h + 400;
    auto e = h + 800;
    double fr = mean_of(f, &Step::reward, m, e);
    rec += (mean_of(x, &Step::reward, m, e) - fr) / (mean_of(x, &Step::by_task, m, e) - fr);
  }
  double d = seeds;
  std::printf(
      "reward %.4f by task %.4f random %.4f | regret %.4f  over fixed %+.4f  second half %.3f  first500 %.4f "
      "warm one %.4f full %.4f shuffled -%.4f drift %.3f\n",
      rew / d, by / d, ran / d, reg / d, fix / d, sec / d, c500 / d, w500 / d, f500 / d, sh / d, rec / d);
}
