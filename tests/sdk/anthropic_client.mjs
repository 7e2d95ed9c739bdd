// npm's `@anthropic-ai/sdk` against the gateway; each test of messages runs once per kind of backend.
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';

const backends = { 'LM Studio': 'qwen2.5-coder-7b', Ollama: 'codellama:34b' };

const user = content => [{ role: 'user', content }];
const weather = {
  name: 'weather_in',
  description: 'Weather of a city',
  input_schema: {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer' } },
    required: ['city', 'days'],
  },
};

function checkCall(call) {
  assert.equal(call.type, 'tool_use');
  assert.ok(call.id, 'a call has an id');
  assert.equal(call.name, 'weather_in');
  assert.equal(typeof call.input.city, 'string');
  assert.ok(Number.isInteger(call.input.days));
}

const textOf = message => message.content.filter(block => block.type === 'text').map(block => block.text).join('');

async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail('it was not refused');
}

function messageTests(client, backend, model) {
  const { messages } = client;
  const most = { model, max_tokens: 1000 };
  const name = what => `anthropic on ${backend}: ${what}`;
  return {
    [name('a whole answer')]: async () => {
      const { data, response } = await messages.create({ ...most, messages: user('[[say:one two three]]') }).withResponse();
      assert.equal(data.type, 'message');
      assert.equal(data.role, 'assistant');
      assert.deepEqual(data.content, [{ type: 'text', text: 'one two three' }]);
      assert.equal(data.stop_reason, 'end_turn');
      assert.equal(data.stop_sequence, null);
      assert.ok(data.usage.input_tokens > 0);
      assert.ok(data.usage.output_tokens > 0);
      assert.match(response.headers.get('x-codecrucible-provider'), /\(simulation\)$/);
      assert.equal(data._request_id, response.headers.get('request-id'));
    },
    [name('a streamed answer')]: async () => {
      const types = [];
      let text = '';
      for await (const event of await messages.create({ ...most, messages: user('[[say:one two three]]'), stream: true })) {
        types.push(event.type);
        if (event.type === 'content_block_delta') text += event.delta.text;
      }
      assert.equal(text, 'one two three');
      assert.deepEqual([...new Set(types)], ['message_start', 'content_block_start', 'content_block_delta',
        'content_block_stop', 'message_delta', 'message_stop']);
    },
    [name('the stream helper')]: async () => {
      const stream = messages.stream({ ...most, messages: user('[[words:12]] count') });
      let text = '';
      stream.on('text', piece => { text += piece; });
      const message = await stream.finalMessage();
      assert.equal(textOf(message), text);
      assert.equal(message.stop_reason, 'end_turn');
      assert.ok(message.usage.input_tokens > 0);
      assert.ok(message.usage.output_tokens >= 12);
    },
    [name('tools, whole')]: async () => {
      const message = await messages.create({ ...most, messages: user('weather please'), tools: [weather] });
      assert.equal(message.stop_reason, 'tool_use');
      assert.equal(message.content.length, 1);
      checkCall(message.content[0]);
    },
    [name('tools, streamed')]: async () => {
      const stream = messages.stream({ ...most, messages: user('weather in both cities'), tools: [weather] });
      let pieces = '';
      stream.on('inputJson', piece => { pieces += piece; });
      const message = await stream.finalMessage();
      assert.equal(message.stop_reason, 'tool_use');
      assert.equal(message.content.length, 2);
      message.content.forEach(checkCall);
      assert.notEqual(message.content[0].id, message.content[1].id);
      assert.ok(pieces.includes('city'));
    },
    [name('a whole tool loop')]: async () => {
      const history = user('weather please');
      const first = await messages.create({ ...most, messages: history, tools: [weather] });
      history.push({ role: 'assistant', content: first.content });
      history.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: first.content[0].id, content: 'sunny' }] });
      const second = await messages.create({ ...most, messages: history, tools: [weather] });
      assert.equal(second.stop_reason, 'end_turn');
      assert.ok(textOf(second).length > 0);
    },
    [name('the tool runner, which threads by itself and is told not to')]: async () => {
      const asked = [];
      for (const stream of [false, true]) {
        const runner = client.beta.messages.toolRunner({
          ...most,
          stream,
          messages: user('weather please'),
          tools: [{ ...weather, type: 'custom', parse: given => given, run: given => { asked.push(given); return 'sunny'; } }],
        });
        const message = await runner.runUntilDone();
        assert.equal(message.stop_reason, 'end_turn');
        assert.ok(textOf(message).length > 0);
      }
      assert.equal(asked.length, 2);
      for (const given of asked) assert.equal(typeof given.city, 'string');
    },
    [name('tool_choice')]: async () => {
      const other = { name: 'other', input_schema: { type: 'object', properties: {} } };
      const named = await messages.create({ ...most, messages: user('use a tool'), tools: [other, weather],
        tool_choice: { type: 'tool', name: 'weather_in' } });
      checkCall(named.content[0]);
      const none = await messages.create({ ...most, messages: user('weather [[say:no tool]]'), tools: [weather],
        tool_choice: { type: 'none' } });
      assert.equal(textOf(none), 'no tool');
    },
    [name('system, blocks, prefill, stop sequences, limits')]: async () => {
      const message = await messages.create({ ...most, system: [{ type: 'text', text: 'be short', cache_control: { type: 'ephemeral' } }],
        messages: [{ role: 'user', content: [{ type: 'text', text: 'first' }] }, { role: 'assistant', content: 'yes' },
          ...user([{ type: 'text', text: '[[say:blocks]]' }])] });
      assert.equal(textOf(message), 'blocks');
      const stopped = await messages.create({ ...most, messages: user('[[say:one two three]]'), stop_sequences: [' two'] });
      assert.equal(textOf(stopped), 'one');
      const cut = await messages.create({ ...most, max_tokens: 5, messages: user('[[words:40]] count') });
      assert.equal(cut.stop_reason, 'max_tokens');
      const prefilled = await messages.create({ ...most, messages: [...user('go on'), { role: 'assistant', content: 'It is' }] });
      assert.ok(textOf(prefilled).length > 0);
    },
    [name('structured output')]: async () => {
      const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
      const message = await messages.create({ ...most, messages: user('a city'),
        output_config: { format: { type: 'json_schema', schema } } });
      assert.equal(typeof JSON.parse(textOf(message)).city, 'string');
    },
    [name('tokens are counted')]: async () => {
      const { input_tokens } = await messages.countTokens({ model, messages: user('count these few words') });
      assert.ok(Number.isInteger(input_tokens) && input_tokens > 3);
    },
    [name('abort in the middle of a stream')]: async () => {
      const stream = messages.stream({ ...most, messages: user('[[words:2000]] count') });
      let seen = 0;
      stream.on('text', () => { if (++seen === 3) stream.abort(); });
      assert.ok(await rejection(stream.finalMessage()) instanceof Anthropic.APIUserAbortError);
      assert.ok(seen >= 3 && seen < 100);
      assert.equal(textOf(await messages.create({ ...most, messages: user('[[say:still there]]') })), 'still there');
    },
    [name('a backend that breaks in the middle of a stream')]: async () => {
      const error = await rejection(messages.stream({ ...most, messages: user('[[fault:cut:3]] [[words:50]]') }).finalMessage());
      assert.ok(error instanceof Anthropic.APIError, `an APIError, not ${error}`);
      assert.equal(error.type, 'api_error');
    },
    [name('a backend that fails')]: async () => {
      const error = await rejection(messages.create({ ...most, messages: user('[[fault:error500]]') }));
      assert.ok(error instanceof Anthropic.InternalServerError);
      assert.equal(error.status, 502);
      assert.equal(error.type, 'api_error');
      assert.ok(error.requestID);
    },
    [name('a prompt that does not fit')]: async () => {
      const error = await rejection(messages.create({ ...most, messages: user('many words here '.repeat(20_000)) }));
      assert.ok(error instanceof Anthropic.BadRequestError, `400, not ${error}`);
      assert.match(error.message, /prompt is too long: \d+ tokens > \d+ maximum/);
    },
    [name('a limit over the window is lowered, not refused')]: async () => {
      const message = await messages.create({ model, max_tokens: 20_000, messages: user('[[say:fits]]') });
      assert.equal(textOf(message), 'fits');
    },
  };
}

function otherTests(client) {
  const { messages } = client;
  return {
    'anthropic: auto, auto-fast and auto-quality answer': async () => {
      for (const model of ['auto', 'auto-fast', 'auto-quality']) {
        assert.equal(textOf(await messages.create({ model, max_tokens: 50, messages: user('[[say:here]]') })), 'here');
      }
    },
    'anthropic: models are listed and found': async () => {
      const ids = [];
      for await (const model of client.models.list()) ids.push(model.id);
      for (const id of ['auto', 'auto-fast', 'auto-quality', ...Object.values(backends)]) assert.ok(ids.includes(id), id);
      for (const id of ids) assert.equal((await client.models.retrieve(id)).id, id);
      assert.ok(await rejection(client.models.retrieve('no-such-model')) instanceof Anthropic.NotFoundError);
    },
    'anthropic: an unknown model is a NotFoundError': async () => {
      const error = await rejection(messages.create({ model: 'no-such-model', max_tokens: 5, messages: user('hello') }));
      assert.ok(error instanceof Anthropic.NotFoundError);
      assert.equal(error.type, 'not_found_error');
      assert.match(error.message, /no-such-model/);
    },
    'anthropic: a bad request is a BadRequestError': async () => {
      for (const wrong of [{ messages: 'text' }, { messages: user('x'), temperature: 'hot' }, { messages: [{ role: 'nobody', content: 'x' }] }, {}]) {
        const error = await rejection(messages.create({ model: 'auto', max_tokens: 5, ...wrong }));
        assert.ok(error instanceof Anthropic.BadRequestError, `${JSON.stringify(wrong)}: ${error}`);
        assert.equal(error.type, 'invalid_request_error');
      }
    },
    'anthropic: many at once': async () => {
      const answers = await Promise.all(Array.from({ length: 16 }, (_, i) =>
        messages.create({ model: 'auto-fast', max_tokens: 50, messages: user(`[[say:number ${i}]]`) })));
      answers.forEach((answer, i) => assert.equal(textOf(answer), `number ${i}`));
    },
  };
}

export function anthropicTests(url) {
  const client = new Anthropic({ baseURL: url, apiKey: 'none', maxRetries: 0 });
  const tests = Object.entries(backends).map(([backend, model]) => messageTests(client, backend, model));
  return Object.assign({}, ...tests, otherTests(client));
}
