// npm's `ollama` against the gateway; each chat test runs once per kind of backend.
import assert from 'node:assert/strict';
import { Ollama } from 'ollama';

const backends = { 'LM Studio': 'qwen2.5-coder-7b', Ollama: 'codellama:34b' };
const embedder = 'text-embedding-nomic-embed-text-v1.5';

const user = content => [{ role: 'user', content }];
const weather = {
  type: 'function',
  function: {
    name: 'weather_in',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail('it was not refused');
}

function checkEnd(last) {
  assert.equal(last.done, true);
  assert.equal(last.done_reason, 'stop');
  assert.ok(last.prompt_eval_count > 0);
  assert.ok(last.eval_count > 0);
  assert.ok(last.total_duration > 0, 'durations are in nanoseconds');
  assert.ok(last.eval_duration > 0);
  assert.ok(!Number.isNaN(new Date(last.created_at).getTime()));
}

function chatTests(client, backend, model) {
  const name = what => `ollama on ${backend}: ${what}`;
  return {
    [name('a whole answer')]: async () => {
      const answer = await client.chat({ model, messages: user('[[say:one two three]]') });
      assert.equal(answer.message.role, 'assistant');
      assert.equal(answer.message.content, 'one two three');
      checkEnd(answer);
    },
    [name('a streamed answer')]: async () => {
      let text = '';
      let last;
      for await (const part of await client.chat({ model, messages: user('[[say:one two three]]'), stream: true })) {
        text += part.message.content;
        last = part;
      }
      assert.equal(text, 'one two three');
      checkEnd(last);
    },
    [name('generate')]: async () => {
      const answer = await client.generate({ model, prompt: '[[say:one two]]' });
      assert.equal(answer.response, 'one two');
      checkEnd(answer);
    },
    [name('generate, streamed')]: async () => {
      let text = '';
      let last;
      for await (const part of await client.generate({ model, prompt: '[[say:one two]]', stream: true })) {
        text += part.response;
        last = part;
      }
      assert.equal(text, 'one two');
      checkEnd(last);
    },
    [name('tools, whole and streamed')]: async () => {
      const check = call => {
        assert.equal(call.function.name, 'weather_in');
        assert.equal(typeof call.function.arguments.city, 'string', 'arguments are an object here');
      };
      const whole = await client.chat({ model, messages: user('weather please'), tools: [weather] });
      assert.equal(whole.message.tool_calls.length, 1);
      whole.message.tool_calls.forEach(check);
      const calls = [];
      for await (const part of await client.chat({ model, messages: user('weather in both'), tools: [weather], stream: true })) {
        calls.push(...part.message.tool_calls ?? []);
      }
      assert.equal(calls.length, 2);
      calls.forEach(check);
    },
    [name('the answer after a tool')]: async () => {
      const first = await client.chat({ model, messages: user('weather please'), tools: [weather] });
      const answer = await client.chat({ model, tools: [weather], messages: [
        ...user('weather please'), first.message, { role: 'tool', tool_name: 'weather_in', content: 'sunny' },
      ] });
      assert.ok(answer.message.content.length > 0);
    },
    [name('structured output')]: async () => {
      const format = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
      const answer = await client.chat({ model, messages: user('a city'), format });
      assert.equal(typeof JSON.parse(answer.message.content).city, 'string');
    },
    [name('options')]: async () => {
      const answer = await client.chat({ model, messages: user('[[words:40]] count'), options: { num_predict: 5, temperature: 0, seed: 7 } });
      assert.equal(answer.done_reason, 'length');
      assert.ok(answer.eval_count <= 5);
    },
    [name('show')]: async () => {
      const shown = await client.show({ model });
      assert.ok(shown.details);
      assert.ok(shown.capabilities.includes('completion'));
      assert.ok(shown.model_info);
    },
    [name('abort in the middle of a stream')]: async () => {
      const stream = await client.chat({ model, messages: user('[[words:2000]] count'), stream: true });
      let seen = 0;
      const error = await rejection((async () => {
        for await (const part of stream) {
          if (part.message.content && ++seen === 3) stream.abort();
        }
      })());
      assert.equal(error.name, 'AbortError');
      assert.ok(seen < 100);
    },
    [name('a backend that breaks in the middle of a stream')]: async () => {
      const stream = await client.chat({ model, messages: user('[[fault:cut:3]] [[words:50]]'), stream: true });
      const error = await rejection((async () => { for await (const part of stream) assert.ok(part); })());
      assert.match(error.message, /\S/);
      assert.doesNotMatch(error.message, /^Did not receive done/, 'the gateway says itself what happened');
    },
    [name('a backend that fails')]: async () => {
      const error = await rejection(client.chat({ model, messages: user('[[fault:error500]]') }));
      assert.equal(error.status_code, 502);
    },
  };
}

function otherTests(client) {
  return {
    'ollama: auto answers under its own and its tagged name': async () => {
      for (const model of ['auto', 'auto:latest', 'auto-fast', 'auto-quality:latest']) {
        const answer = await client.chat({ model, messages: user('[[say:here]]') });
        assert.equal(answer.message.content, 'here');
      }
    },
    'ollama: embed and embeddings': async () => {
      const many = await client.embed({ model: embedder, input: ['one text', 'another'] });
      assert.equal(many.embeddings.length, 2);
      assert.equal(many.embeddings[0].length, many.embeddings[1].length);
      const one = await client.embed({ model: embedder, input: 'one text' });
      assert.equal(one.embeddings.length, 1);
      const old = await client.embeddings({ model: embedder, prompt: 'one text' });
      assert.equal(old.embedding.length, one.embeddings[0].length);
    },
    'ollama: list': async () => {
      const { models } = await client.list();
      const names = models.map(model => model.model);
      for (const wanted of ['auto:latest', 'qwen2.5-coder-7b:latest', 'codellama:34b']) assert.ok(names.includes(wanted), wanted);
      for (const model of models) {
        assert.equal(typeof model.size, 'number');
        assert.equal(typeof model.digest, 'string');
        assert.ok(model.details);
      }
    },
    'ollama: every listed model can be shown': async () => {
      const { models } = await client.list();
      for (const model of models) assert.ok((await client.show({ model: model.model })).details, model.model);
    },
    'ollama: ps': async () => {
      const { models } = await client.ps();
      assert.ok(models.length > 0);
      for (const model of models) assert.equal(typeof model.size_vram, 'number');
    },
    'ollama: version': async () => {
      assert.match((await client.version()).version, /^\d+\.\d+\.\d+/);
    },
    'ollama: an unknown model': async () => {
      const error = await rejection(client.chat({ model: 'no-such-model', messages: user('hello') }));
      assert.equal(error.status_code, 404);
      assert.match(error.message, /no-such-model/);
      assert.equal((await rejection(client.show({ model: 'no-such-model' }))).status_code, 404);
    },
    'ollama: a bad request': async () => {
      const error = await rejection(client.chat({ model: 'auto', messages: 'text' }));
      assert.equal(error.status_code, 400);
    },
    'ollama: models are not managed through the gateway': async () => {
      assert.equal((await rejection(client.pull({ model: 'llama3' }))).status_code, 403);
      assert.equal((await rejection(client.delete({ model: 'llama3' }))).status_code, 403);
    },
  };
}

export function ollamaTests(url) {
  const client = new Ollama({ host: url });
  const tests = Object.entries(backends).map(([backend, model]) => chatTests(client, backend, model));
  return Object.assign({}, ...tests, otherTests(client));
}
