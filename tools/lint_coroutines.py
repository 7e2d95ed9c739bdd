#!/usr/bin/env python3
"""Flag co_await expressions that g++ 12 miscompiles or rejects.

House rule: one co_await per statement, and everything it is given has a name.
Usage: lint_coroutines.py FILE...      exit 1 when something is found.
"""
import re, sys

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|//[^\n]*|/\*.*?\*/|[A-Za-z_]\w*|::|->|&&|\|\||[^\s]', re.S)
BLOCK_BEFORE = {')', 'else', 'do', 'try', ';', '{', '}', 'mutable', 'noexcept', 'override', 'const', None}


def tokens(text):
    for m in TOKEN.finditer(text):
        t = m.group()
        if t.startswith(('//', '/*')):
            continue
        yield ('""' if t[0] in '"\'' else t), text.count('\n', 0, m.start()) + 1


def is_block(ts, i):
    """Is the brace at i a block (function, lambda, loop) rather than an initialiser?"""
    prev = ts[i - 1][0] if i else None
    if prev in BLOCK_BEFORE:
        return True
    j = i - 1                                    # `-> awaitable<int> {` of a lambda or function
    while j >= 0 and ts[j][0] not in (';', '{', '}', '(', ')', '='):
        if ts[j][0] in ('->', 'namespace', 'struct', 'class', 'enum'):
            return True
        j -= 1
    return prev == ']'                           # `[x] {`


def check(path):
    ts = list(tokens(open(path, encoding='utf-8').read()))
    block = {i: is_block(ts, i) for i, (t, _) in enumerate(ts) if t == '{'}
    opener, stack = {}, []
    for i, (t, _) in enumerate(ts):
        if t == '{':
            stack.append(i)
        elif t == '}' and stack:
            opener[i] = stack.pop()
    starts_block = lambda i: (ts[i][0] == '{' and block[i]) or (ts[i][0] == '}' and block.get(opener.get(i, -1), True))
    for i, (t, line) in enumerate(ts):
        if t != 'co_await':
            continue
        a = i
        while a > 0 and ts[a - 1][0] != ';' and not starts_block(a - 1):
            a -= 1
        if ts[a][0] in ('if', 'while', 'for', 'switch'):    # `if (x) y = co_await z();` starts after the `)`
            close, depth = a + 1, 0
            while close < i:
                depth += {'(': 1, ')': -1}.get(ts[close][0], 0)
                close += 1
                if depth == 0 and ts[close - 1][0] == ')':
                    a = close
                    break
        b, depth = i, 0
        while b + 1 < len(ts) and not (ts[b][0] == ';' and depth == 0):
            if ts[b][0] == '{':
                if block[b] and depth == 0 and ts[a][0] in ('if', 'while', 'for', 'switch'):
                    break
                depth += 1
            elif ts[b][0] == '}':
                depth -= 1
                if depth < 0:
                    break
            b += 1
        words = [w for w, _ in ts[a:b]]
        text = ' '.join(words)
        why = None
        if re.search(r'\[ [^\]&]', text.replace('[ this ]', '')) and re.search(r'\] (\(|\{)', text):
            why = 'lambda with captures in a co_await statement: name it first, then std::move it'
        elif words and words[0] in ('if', 'while') and not re.match(r'\w+ (constexpr )?\( (auto|const)\b', text):
            why = 'co_await in a condition: store the result in a named variable first'
        elif words and words[0] in ('if', 'while', 'for', 'switch'):
            continue
        elif '?' in words:
            why = 'co_await next to ?: - use if/else'
        elif '{' in words and re.search(r'[\w>=(,{] \{(?! \})|\} \.', text):
            why = 'braced initialiser in a co_await statement: name the object first'
        if why:
            yield line, why


if __name__ == '__main__':
    bad = [(p, l, w) for p in sys.argv[1:] for l, w in check(p)]
    for p, l, w in bad:
        print(f'{p}:{l}: {w}')
    sys.exit(bool(bad))
