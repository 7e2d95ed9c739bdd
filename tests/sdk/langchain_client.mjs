// npm's `@langchain/openai` against the gateway; each test runs once per kind of backend.
import assert from 'node:assert/strict';
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { z } from 'zod';

const backends = { 'LM Studio': 'qwen2.5-coder-7b', Ollama: 'codellama:34b' };

export function langchainTests(url) {
  const chat = (model, more = {}) => new ChatOpenAI({
    model, apiKey: 'none', maxRetries: 0, configuration: { baseURL: `${url}/v1` }, ...more,
  });
  const weather = tool(() => 'clear', {
    name: 'weather_in', description: 'Weather of a city', schema: z.object({ city: z.string(), days: z.number().int() }),
  });
  const tests = {};
  for (const [backend, model] of Object.entries(backends)) {
    const add = (what, test) => {
      tests[`langchain, ${backend}: ${what}`] = test;
    };

    add('a conversation is answered, with its usage', async () => {
      const answer = await chat(model).invoke([new SystemMessage('be short'), new HumanMessage('hello'),
        new AIMessage('hi'), new HumanMessage('and now?')]);
      assert.match(answer.content, /Simulated/);
      assert.equal(answer.response_metadata.finish_reason, 'stop');
      assert.ok(answer.usage_metadata.input_tokens > 0);
      assert.ok(answer.usage_metadata.output_tokens > 0);
    });

    add('a stream is the same text, and tells its usage', async () => {
      const whole = await chat(model).invoke('say it in pieces');
      let all;
      let pieces = 0;
      for await (const piece of await chat(model).stream('say it in pieces')) {
        all = all === undefined ? piece : all.concat(piece);
        ++pieces;
      }
      assert.ok(pieces > 3);
      assert.equal(all.content, whole.content);
      assert.ok(all.usage_metadata.output_tokens > 0);
    });

    add('a tool is called, and its result answered', async () => {
      const bound = chat(model).bindTools([weather]);
      const question = new HumanMessage('weather in Oslo');
      const wish = await bound.invoke([question]);
      assert.ok(wish.tool_calls.length >= 1);
      const [call] = wish.tool_calls;
      assert.equal(call.name, 'weather_in');
      assert.equal(typeof call.args.city, 'string');
      assert.ok(Number.isInteger(call.args.days));
      const results = wish.tool_calls.map(each => new ToolMessage({ content: 'clear', tool_call_id: each.id }));
      const answer = await bound.invoke([question, wish, ...results]);
      assert.ok(answer.content.length > 0);
      assert.equal(answer.tool_calls.length, 0);
    });

    add('a streamed tool call is gathered to the same', async () => {
      let all;
      for await (const piece of await chat(model).bindTools([weather]).stream('weather in Oslo')) {
        all = all === undefined ? piece : all.concat(piece);
      }
      assert.equal(all.tool_calls[0].name, 'weather_in');
      assert.equal(typeof all.tool_calls[0].args.city, 'string');
    });

    add('structured output has the wished shape', async () => {
      const structured = chat(model).withStructuredOutput(z.object({ city: z.string(), people: z.number() }),
        { method: 'jsonSchema' });
      const object = await structured.invoke('a city');
      assert.equal(typeof object.city, 'string');
      assert.equal(typeof object.people, 'number');
    });

    add('several questions at once', async () => {
      const answers = await chat(model).batch(['one', 'two', 'three']);
      assert.equal(answers.length, 3);
      for (const answer of answers) assert.match(answer.content, /Simulated/);
    });
  }

  tests['langchain: an unknown model is an error with its status'] = async () => {
    await assert.rejects(chat('no-such-model').invoke('x'), error => {
      assert.equal(error.status, 404);
      return true;
    });
  };

  tests['langchain: the Responses API, whole and streamed'] = async () => {
    const model = chat('auto', { useResponsesApi: true });
    const answer = await model.invoke('hello responses');
    assert.match(answer.text, /Simulated/);
    let text = '';
    for await (const piece of await model.stream('hello responses')) text += piece.text;
    assert.match(text, /Simulated/);
  };

  tests['langchain: documents become vectors'] = async () => {
    const embeddings = new OpenAIEmbeddings({ model: 'auto', apiKey: 'none', maxRetries: 0, configuration: { baseURL: `${url}/v1` } });
    const vectors = await embeddings.embedDocuments(['one', 'two']);
    assert.equal(vectors.length, 2);
    assert.ok(vectors[0].length > 1);
    assert.ok(vectors[0].every(Number.isFinite));
  };
  return tests;
}
