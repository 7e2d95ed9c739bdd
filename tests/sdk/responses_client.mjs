// npm's `openai` against /v1/responses; each test runs once per kind of backend.
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const backends = { 'LM Studio': 'qwen2.5-coder-7b', Ollama: 'codellama:34b' };
const weather = {
  type: 'function',
  name: 'weather_in',
  description: 'Weather of a city',
  strict: true,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer' } },
    required: ['city', 'days'],
    additionalProperties: false,
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

function checkCall(call) {
  assert.equal(call.type, 'function_call');
  assert.equal(call.name, 'weather_in');
  assert.ok(call.call_id);
  const given = JSON.parse(call.arguments);
  assert.equal(typeof given.city, 'string');
  assert.ok(Number.isInteger(given.days));
}

function responseTests(client, backend, model) {
  const { responses } = client;
  const name = what => `responses on ${backend}: ${what}`;
  return {
    [name('a whole answer')]: async () => {
      const answer = await responses.create({ model, input: '[[say:one two three]]', instructions: 'Be brief.',
        metadata: { team: 'a' } });
      assert.equal(answer.object, 'response');
      assert.equal(answer.status, 'completed');
      assert.equal(answer.output_text, 'one two three');
      assert.equal(answer.metadata.team, 'a');
      assert.equal(answer.usage.total_tokens, answer.usage.input_tokens + answer.usage.output_tokens);
    },
    [name('a streamed answer')]: async () => {
      let text = '';
      let number = 0;
      let last;
      for await (const event of await responses.create({ model, input: '[[say:one two three]]', stream: true })) {
        assert.equal(event.sequence_number, number++);
        if (event.type === 'response.output_text.delta') text += event.delta;
        last = event;
      }
      assert.equal(text, 'one two three');
      assert.equal(last.type, 'response.completed');
      assert.equal(last.response.output[0].content[0].text, text);
    },
    [name('the stream helper')]: async () => {
      const stream = responses.stream({ model, input: '[[words:12]] count' });
      let text = '';
      stream.on('response.output_text.delta', event => { text += event.delta; assert.equal(event.snapshot, text); });
      const whole = await stream.finalResponse();
      assert.equal(whole.status, 'completed');
      assert.equal(whole.output[0].content[0].text, text); // the helper leaves `output_text` out
    },
    [name('tools, whole, and their results')]: async () => {
      const input = [{ role: 'user', content: 'weather in both cities' }];
      const answer = await responses.create({ model, input, tools: [weather] });
      assert.equal(answer.output.length, 2);
      answer.output.forEach(checkCall);
      input.push(...answer.output);
      for (const call of answer.output) input.push({ type: 'function_call_output', call_id: call.call_id, output: 'sunny' });
      assert.ok((await responses.create({ model, input, tools: [weather] })).output_text.length > 0);
    },
    [name('tools, streamed')]: async () => {
      const stream = responses.stream({ model, input: 'weather in both cities', tools: [weather] });
      const pieces = {};
      stream.on('response.function_call_arguments.delta', event => {
        pieces[event.output_index] = (pieces[event.output_index] ?? '') + event.delta;
        assert.equal(event.snapshot, pieces[event.output_index]);
      });
      const answer = await stream.finalResponse();
      assert.equal(answer.output.length, 2);
      answer.output.forEach((call, i) => { checkCall(call); assert.equal(call.arguments, pieces[i]); });
      assert.notEqual(answer.output[0].call_id, answer.output[1].call_id);
    },
    [name('structured output')]: async () => {
      const schema = { type: 'object', properties: { city: { type: 'string' }, size: { type: 'integer' } },
        required: ['city', 'size'], additionalProperties: false };
      const answer = await responses.parse({ model, input: 'a city',
        text: { format: { type: 'json_schema', name: 'city', strict: true, schema } } });
      assert.equal(typeof JSON.parse(answer.output_text).city, 'string');
      assert.equal(answer.text.format.name, 'city');
    },
    [name('a conversation by previous_response_id')]: async () => {
      const first = await responses.create({ model, input: '[[say:one]]' });
      const second = await responses.create({ model, input: '[[say:two]]', previous_response_id: first.id });
      assert.equal(second.output_text, 'two');
      assert.equal(second.previous_response_id, first.id);
      assert.ok(second.usage.input_tokens > first.usage.input_tokens, 'the first turn was sent along');
    },
    [name('a kept response')]: async () => {
      const made = await responses.create({ model, input: '[[say:keep]]' });
      const read = await responses.retrieve(made.id);
      assert.equal(read.output_text, 'keep');
      const items = [];
      for await (const item of responses.inputItems.list(made.id)) items.push(item);
      assert.equal(items.length, 1);
      assert.equal(items[0].content[0].text, '[[say:keep]]');
      await responses.delete(made.id);
      assert.ok(await rejection(responses.retrieve(made.id)) instanceof OpenAI.NotFoundError);
    },
    [name('store false')]: async () => {
      const made = await responses.create({ model, input: '[[say:x]]', store: false });
      const error = await rejection(responses.create({ model, input: 'y', previous_response_id: made.id }));
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.code, 'previous_response_not_found');
    },
    [name('max_output_tokens')]: async () => {
      const answer = await responses.create({ model, input: '[[words:40]] count', max_output_tokens: 5 });
      assert.equal(answer.status, 'incomplete');
      assert.equal(answer.incomplete_details.reason, 'max_output_tokens');
    },
    [name('abort in the middle of a stream')]: async () => {
      const stream = await responses.create({ model, input: '[[words:2000]] count', stream: true });
      let seen = 0;
      for await (const event of stream) {
        if (event.type === 'response.output_text.delta' && ++seen === 3) stream.controller.abort();
      }
      assert.ok(seen >= 3 && seen < 100);
    },
    [name('a backend that breaks in the middle of a stream')]: async () => {
      const types = [];
      for await (const event of await responses.create({ model, input: '[[fault:cut:3]] [[words:50]]', stream: true })) {
        types.push(event.type);
      }
      assert.equal(types.at(-1), 'response.failed');
      assert.ok(!types.includes('response.completed'));
    },
    [name('a backend that fails')]: async () => {
      const error = await rejection(responses.create({ model, input: '[[fault:error500]]' }));
      assert.ok(error instanceof OpenAI.InternalServerError);
    },
  };
}

export function responsesTests(url) {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
  const tests = Object.entries(backends).map(([backend, model]) => responseTests(client, backend, model));
  return Object.assign({}, ...tests, {
    'responses: a bad request is a BadRequestError': async () => {
      for (const wrong of [{ input: 5 }, {}, { input: 'x', temperature: 'hot' }, { input: 'x', background: true },
        { input: 'x', tools: [{ type: 'file_search', vector_store_ids: [] }] }]) {
        const error = await rejection(client.responses.create({ model: 'auto', ...wrong }));
        assert.ok(error instanceof OpenAI.BadRequestError, `${JSON.stringify(wrong)}: ${error}`);
        assert.ok(error.param, `${JSON.stringify(wrong)}: the field is named`);
      }
    },
  });
}
