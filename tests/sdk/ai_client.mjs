// npm's `ai` (Vercel) over `@ai-sdk/openai-compatible` against the gateway; each test runs once per kind of backend.
import assert from 'node:assert/strict';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, embedMany, generateObject, generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';

const backends = { 'LM Studio': 'qwen2.5-coder-7b', Ollama: 'codellama:34b' };

const weather = () => {
  const asked = [];
  return {
    asked,
    tools: {
      weather_in: tool({
        description: 'Weather of a city',
        inputSchema: z.object({ city: z.string(), days: z.number().int() }),
        execute: input => {
          asked.push(input);
          return { sky: 'clear' };
        },
      }),
    },
  };
};

export function aiTests(url) {
  const provider = createOpenAICompatible({ name: 'codecrucible', baseURL: `${url}/v1`, apiKey: 'none', includeUsage: true });
  const tests = {};
  for (const [backend, model] of Object.entries(backends)) {
    const add = (what, test) => {
      tests[`ai, ${backend}: ${what}`] = test;
    };

    add('a text, with its usage and how it ended', async () => {
      const result = await generateText({ model: provider(model), prompt: 'say hello', maxRetries: 0 });
      assert.match(result.text, /Simulated/);
      assert.equal(result.finishReason, 'stop');
      assert.ok(result.usage.inputTokens > 0);
      assert.ok(result.usage.outputTokens > 0);
    });

    add('a text in pieces is the same text', async () => {
      const whole = await generateText({ model: provider(model), prompt: 'say hello in pieces', maxRetries: 0 });
      const result = streamText({ model: provider(model), prompt: 'say hello in pieces', maxRetries: 0 });
      const pieces = [];
      for await (const piece of result.textStream) pieces.push(piece);
      assert.ok(pieces.length > 3);
      assert.equal(pieces.join(''), whole.text);
      assert.equal(await result.finishReason, 'stop');
      assert.ok((await result.usage).outputTokens > 0);
    });

    for (const streamed of [false, true]) {
      add(`a tool is called, run, and its result answered${streamed ? ', streamed' : ''}`, async () => {
        const { asked, tools } = weather();
        const call = {
          model: provider(model), tools, stopWhen: stepCountIs(3), prompt: 'weather in Oslo', maxRetries: 0,
        };
        let text;
        let steps;
        if (streamed) {
          const result = streamText(call);
          text = await result.text;
          steps = await result.steps;
        } else {
          ({ text, steps } = await generateText(call));
        }
        assert.ok(asked.length >= 1);
        assert.equal(typeof asked[0].city, 'string');
        assert.ok(Number.isInteger(asked[0].days));
        assert.equal(steps[0].finishReason, 'tool-calls');
        assert.ok(text.length > 0);
      });
    }

    add('an object of the wished shape', async () => {
      const strict = createOpenAICompatible({
        name: 'codecrucible', baseURL: `${url}/v1`, apiKey: 'none', supportsStructuredOutputs: true,
      });
      const { object } = await generateObject({
        model: strict(model), prompt: 'a city', schema: z.object({ city: z.string(), people: z.number() }), maxRetries: 0,
      });
      assert.equal(typeof object.city, 'string');
      assert.equal(typeof object.people, 'number');
    });
  }

  tests['ai: an abort ends the stream'] = async () => {
    const stop = new AbortController();
    const result = streamText({
      model: provider(backends.Ollama), prompt: 'long [[words:2000]]', abortSignal: stop.signal, maxRetries: 0,
      onError: () => {},
    });
    let pieces = 0;
    for await (const part of result.fullStream) {
      if (part.type === 'text-delta' && ++pieces === 3) stop.abort();
    }
    assert.ok(pieces < 1000);
  };

  tests['ai: an unknown model is an error with status and words'] = async () => {
    try {
      await generateText({ model: provider('no-such-model'), prompt: 'x', maxRetries: 0 });
      assert.fail('it was answered');
    } catch (error) {
      assert.ok(APICallError.isInstance(error), String(error));
      assert.equal(error.statusCode, 404);
      assert.match(error.message, /no-such-model/);
    }
  };

  tests['ai: several texts become vectors'] = async () => {
    const { embeddings } = await embedMany({
      model: provider.textEmbeddingModel('auto'), values: ['one', 'two', 'three'], maxRetries: 0,
    });
    assert.equal(embeddings.length, 3);
    assert.ok(embeddings[0].length > 1);
  };
  return tests;
}
