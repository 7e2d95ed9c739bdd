// npm's `openai` against the gateway; each chat test runs once per kind of backend.
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const backends = { 'LM Studio': 'qwen2.5-coder-7b', Ollama: 'codellama:34b' };
const embedder = 'text-embedding-nomic-embed-text-v1.5';

const user = content => [{ role: 'user', content }];
const weather = {
  type: 'function',
  function: {
    name: 'weather_in',
    description: 'Weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer' } },
      required: ['city', 'days'],
    },
  },
};

function checkCall(call) {
  assert.equal(call.type, 'function');
  assert.ok(call.id, 'a call has an id');
  assert.equal(call.function.name, 'weather_in');
  const given = JSON.parse(call.function.arguments);
  assert.equal(typeof given.city, 'string');
  assert.ok(Number.isInteger(given.days));
}

function checkUsage(usage) {
  assert.ok(usage.prompt_tokens > 0);
  assert.ok(usage.completion_tokens > 0);
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
}

async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail('it was not refused');
}

function chatTests(client, backend, model) {
  const chat = client.chat.completions;
  const name = what => `openai on ${backend}: ${what}`;
  return {
    [name('a whole answer')]: async () => {
      const { data, response } = await chat.create({ model, messages: user('[[say:one two three]]') }).withResponse();
      assert.equal(data.object, 'chat.completion');
      assert.equal(data.choices.length, 1);
      assert.equal(data.choices[0].message.role, 'assistant');
      assert.equal(data.choices[0].message.content, 'one two three');
      assert.equal(data.choices[0].finish_reason, 'stop');
      checkUsage(data.usage);
      assert.match(response.headers.get('x-codecrucible-provider'), /\(simulation\)$/);
      assert.equal(response.headers.get('x-codecrucible-model'), model);
      assert.equal(data._request_id, response.headers.get('x-request-id'));
    },
    [name('a streamed answer')]: async () => {
      let text = '';
      const finishes = [];
      const ids = new Set();
      for await (const chunk of await chat.create({ model, messages: user('[[say:one two three]]'), stream: true })) {
        assert.equal(chunk.object, 'chat.completion.chunk');
        assert.equal(chunk.choices.length, 1, 'no empty choices when usage was not asked for');
        assert.equal(chunk.usage ?? null, null);
        ids.add(chunk.id);
        text += chunk.choices[0].delta.content ?? '';
        if (chunk.choices[0].finish_reason) finishes.push(chunk.choices[0].finish_reason);
      }
      assert.equal(text, 'one two three');
      assert.deepEqual(finishes, ['stop']);
      assert.equal(ids.size, 1);
    },
    [name('usage of a stream')]: async () => {
      const chunks = [];
      const stream = await chat.create({ model, messages: user('[[say:one two three]]'), stream: true,
        stream_options: { include_usage: true } });
      for await (const chunk of stream) chunks.push(chunk);
      const last = chunks.at(-1);
      assert.deepEqual(last.choices, []);
      checkUsage(last.usage);
      for (const chunk of chunks.slice(0, -1)) assert.equal(chunk.usage ?? null, null);
    },
    [name('the stream helper')]: async () => {
      const stream = chat.stream({ model, messages: user('[[words:12]] count') });
      let text = '';
      stream.on('content', piece => { text += piece; });
      const whole = await stream.finalChatCompletion();
      assert.equal(whole.choices[0].message.content, text);
      assert.equal(whole.choices[0].finish_reason, 'stop');
    },
    [name('tools, whole')]: async () => {
      const answer = await chat.create({ model, messages: user('weather please'), tools: [weather] });
      assert.equal(answer.choices[0].finish_reason, 'tool_calls');
      assert.equal(answer.choices[0].message.tool_calls.length, 1);
      answer.choices[0].message.tool_calls.forEach(checkCall);
    },
    [name('tools, streamed')]: async () => {
      const stream = chat.stream({ model, messages: user('weather in both cities'), tools: [weather] });
      const done = [];
      stream.on('tool_calls.function.arguments.done', event => done.push(event));
      const whole = await stream.finalChatCompletion();
      assert.equal(whole.choices[0].finish_reason, 'tool_calls');
      assert.equal(whole.choices[0].message.tool_calls.length, 2);
      whole.choices[0].message.tool_calls.forEach(checkCall);
      assert.notEqual(whole.choices[0].message.tool_calls[0].id, whole.choices[0].message.tool_calls[1].id);
      assert.equal(done.length, 2);
    },
    [name('a whole tool loop')]: async () => {
      const asked = [];
      const runner = chat.runTools({
        model,
        messages: user('weather please'),
        tools: [{
          type: 'function',
          function: { ...weather.function, parse: JSON.parse, function: given => { asked.push(given); return 'sunny'; } },
        }],
      });
      const text = await runner.finalContent();
      assert.equal(asked.length, 1);
      assert.ok(text.length > 0);
      assert.deepEqual(runner.messages.map(message => message.role), ['user', 'assistant', 'tool', 'assistant']);
    },
    [name('a streamed tool loop')]: async () => {
      let calls = 0;
      const runner = chat.runTools({
        model,
        stream: true,
        messages: user('weather please'),
        tools: [{
          type: 'function',
          function: { ...weather.function, parse: JSON.parse, function: () => { ++calls; return 'sunny'; } },
        }],
      });
      assert.ok((await runner.finalContent()).length > 0);
      assert.equal(calls, 1);
    },
    [name('tool_choice names a tool')]: async () => {
      const other = { type: 'function', function: { name: 'other', parameters: { type: 'object', properties: {} } } };
      const answer = await chat.create({ model, messages: user('use a tool'), tools: [other, weather],
        tool_choice: { type: 'function', function: { name: 'weather_in' } } });
      assert.equal(answer.choices[0].message.tool_calls.length, 1);
      checkCall(answer.choices[0].message.tool_calls[0]);
    },
    [name('tool_choice none')]: async () => {
      const answer = await chat.create({ model, messages: user('weather [[say:no tool]]'), tools: [weather], tool_choice: 'none' });
      assert.equal(answer.choices[0].finish_reason, 'stop');
      assert.equal(answer.choices[0].message.content, 'no tool');
    },
    [name('structured output')]: async () => {
      const schema = { type: 'object', properties: { city: { type: 'string' }, size: { type: 'integer' } },
        required: ['city', 'size'], additionalProperties: false };
      const answer = await chat.parse({ model, messages: user('a city'),
        response_format: { type: 'json_schema', json_schema: { name: 'city', strict: true, schema } } });
      const { parsed } = answer.choices[0].message;
      assert.equal(typeof parsed.city, 'string');
      assert.ok(Number.isInteger(parsed.size));
    },
    [name('JSON mode')]: async () => {
      const answer = await chat.create({ model, messages: user('some JSON'), response_format: { type: 'json_object' } });
      assert.equal(typeof JSON.parse(answer.choices[0].message.content), 'object');
    },
    [name('stop and max_tokens')]: async () => {
      const stopped = await chat.create({ model, messages: user('[[say:one two three]]'), stop: ' two' });
      assert.equal(stopped.choices[0].message.content, 'one');
      const cut = await chat.create({ model, messages: user('[[words:40]] count'), max_tokens: 5 });
      assert.equal(cut.choices[0].finish_reason, 'length');
      assert.ok(cut.usage.completion_tokens <= 5);
      const renamed = await chat.create({ model, messages: user('[[words:40]] count'), max_completion_tokens: 5 });
      assert.equal(renamed.choices[0].finish_reason, 'length');
    },
    [name('roles and parts of messages')]: async () => {
      const answer = await chat.create({ model, messages: [
        { role: 'developer', content: 'be short' },
        { role: 'user', content: [{ type: 'text', text: 'first' }] },
        { role: 'assistant', content: 'yes' },
        { role: 'user', content: [{ type: 'text', text: '[[say:parts]]' }] },
      ] });
      assert.equal(answer.choices[0].message.content, 'parts');
    },
    [name('abort in the middle of a stream')]: async () => {
      const stream = await chat.create({ model, messages: user('[[words:2000]] count'), stream: true });
      let seen = 0;
      for await (const chunk of stream) {
        if (chunk.choices[0]?.delta.content && ++seen === 3) stream.controller.abort();
      }
      assert.ok(seen >= 3 && seen < 100);
      const after = await chat.create({ model, messages: user('[[say:still there]]') });
      assert.equal(after.choices[0].message.content, 'still there');
    },
    [name('abort before the answer')]: async () => {
      const leave = new AbortController();
      setTimeout(() => leave.abort(), 50);
      const error = await rejection(chat.create({ model, messages: user('[[words:2000]] count') }, { signal: leave.signal }));
      assert.ok(error instanceof OpenAI.APIUserAbortError);
    },
    [name('a backend that breaks in the middle of a stream')]: async () => {
      const stream = await chat.create({ model, messages: user('[[fault:cut:3]] [[words:50]]'), stream: true });
      const error = await rejection((async () => { for await (const chunk of stream) assert.ok(chunk.id); })());
      assert.ok(error instanceof OpenAI.APIError, `an APIError, not ${error}`);
      assert.match(error.message, /\S/);
    },
    [name('a backend that fails')]: async () => {
      const error = await rejection(chat.create({ model, messages: user('[[fault:error500]]') }));
      assert.ok(error instanceof OpenAI.InternalServerError);
      assert.equal(error.status, 502);
      assert.equal(error.type, 'server_error');
      assert.ok(error.requestID);
    },
    [name('a prompt that does not fit')]: async () => {
      const error = await rejection(chat.create({ model, messages: user('many words here '.repeat(20_000)) }));
      assert.ok(error instanceof OpenAI.BadRequestError, `400, not ${error}`);
      assert.equal(error.code, 'context_length_exceeded');
    },
    [name('completions')]: async () => {
      const answer = await client.completions.create({ model, prompt: '[[say:one two]]' });
      assert.equal(answer.object, 'text_completion');
      assert.equal(answer.choices[0].text, 'one two');
      checkUsage(answer.usage);
    },
    [name('completions, streamed')]: async () => {
      let text = '';
      for await (const chunk of await client.completions.create({ model, prompt: '[[say:one two]]', stream: true })) {
        assert.equal(chunk.object, 'text_completion');
        text += chunk.choices[0]?.text ?? '';
      }
      assert.equal(text, 'one two');
    },
  };
}

function otherTests(client) {
  const chat = client.chat.completions;
  return {
    'openai: auto, auto-fast and auto-quality answer': async () => {
      for (const model of ['auto', 'auto-fast', 'auto-quality']) {
        const answer = await chat.create({ model, messages: user('[[say:here]]') });
        assert.equal(answer.choices[0].message.content, 'here');
      }
    },
    'openai: the default encoding of embeddings means the same as float': async () => {
      const input = ['first text', 'second text'];
      const packed = await client.embeddings.create({ model: embedder, input });
      const plain = await client.embeddings.create({ model: embedder, input, encoding_format: 'float' });
      assert.equal(packed.data.length, 2);
      assert.equal(plain.data[1].index, 1);
      assert.ok(plain.data[0].embedding.length > 8);
      for (const [i, { embedding }] of plain.data.entries()) {
        assert.deepEqual(Array.from(packed.data[i].embedding), Array.from(Float32Array.from(embedding)));
      }
      assert.notDeepEqual(plain.data[0].embedding, plain.data[1].embedding);
      assert.ok(packed.usage.prompt_tokens > 0);
    },
    'openai: one text is as good as a list': async () => {
      const answer = await client.embeddings.create({ model: embedder, input: 'alone' });
      assert.equal(answer.object, 'list');
      assert.equal(answer.data.length, 1);
    },
    'openai: models are listed and found': async () => {
      const ids = [];
      for await (const model of client.models.list()) ids.push(model.id);
      for (const id of ['auto', 'auto-fast', 'auto-quality', embedder, ...Object.values(backends)]) assert.ok(ids.includes(id), id);
      for (const id of ids) assert.equal((await client.models.retrieve(id)).id, id);
    },
    'openai: an unknown model is a NotFoundError': async () => {
      const error = await rejection(chat.create({ model: 'no-such-model', messages: user('hello') }));
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, 'model_not_found');
      assert.equal(error.param, 'model');
      assert.match(error.message, /no-such-model/);
      assert.ok(await rejection(client.models.retrieve('no-such-model')) instanceof OpenAI.NotFoundError);
    },
    'openai: a bad request is a BadRequestError': async () => {
      for (const wrong of [{ messages: 'text' }, { messages: user('x'), temperature: 'hot' }, { messages: [{ role: 'nobody', content: 'x' }] }, {}]) {
        const error = await rejection(chat.create({ model: 'auto', ...wrong }));
        assert.ok(error instanceof OpenAI.BadRequestError, `${JSON.stringify(wrong)}: ${error}`);
        assert.equal(error.type, 'invalid_request_error');
        assert.ok(error.param, `${JSON.stringify(wrong)}: the field is named`);
      }
    },
    'openai: an unknown path is a NotFoundError': async () => {
      const error = await rejection(client.get('/nothing'));
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, 'unknown_url');
    },
    'openai: chats with an embedding model are refused': async () => {
      assert.ok(await rejection(chat.create({ model: embedder, messages: user('hello') })) instanceof OpenAI.BadRequestError);
    },
    'openai: embeddings of a chat model are refused': async () => {
      assert.ok(await rejection(client.embeddings.create({ model: backends['LM Studio'], input: 'x' })) instanceof OpenAI.BadRequestError);
    },
    'openai: many at once': async () => {
      const answers = await Promise.all(Array.from({ length: 16 }, (_, i) =>
        chat.create({ model: 'auto-fast', messages: user(`[[say:number ${i}]]`) })));
      answers.forEach((answer, i) => assert.equal(answer.choices[0].message.content, `number ${i}`));
    },
  };
}

export function openaiTests(url) {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
  const tests = Object.entries(backends).map(([backend, model]) => chatTests(client, backend, model));
  return Object.assign({}, ...tests, otherTests(client));
}
