#include "cache_key_cases.hpp"

#include <doctest/doctest.h>

namespace cache_key_cases {
namespace {

const std::string chat_tool =
    R"({"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{},"b":{}}}}})";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string with_tools(const std::string& tool) {
  return R"({"tools":[)" + tool + "]}";
}

std::string said(const std::string& messages) {
  return R"({"messages":[)" + messages + "]}";
}

std::string put_in(const std::string& items) {
  return R"({"input":[)" + items + "]}";
}

const std::string claude_tool = R"({"name":"f","description":"d","input_schema":{"type":"object"}})";
const std::string flat_tool =
    R"({"type":"function","name":"f","description":"d","parameters":{"type":"object"}})";

}  // namespace

const std::vector<Case>& cases() {
  static const std::string picture =
      R"({"role":"user","content":[{"type":"text","text":"what"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]})";
  static const std::string called =
      R"({"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"1","content":"ok"})";
  static const std::string ollama_call =
      R"({"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]},{"role":"tool","content":"ok"})";
  static const std::string claude_call =
      R"({"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":"ok"}]})";
  static const std::string claude_picture =
      R"({"role":"user","content":[{"type":"text","text":"what"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]})";
  static const std::string flat_call =
      R"({"role":"user","content":"hi"},{"type":"function_call","call_id":"1","name":"f","arguments":"{\"a\":1}"},{"type":"function_call_output","call_id":"1","output":"ok"})";
  static const std::string flat_picture =
      R"({"role":"user","content":[{"type":"input_text","text":"what"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]})";
  static const std::vector<Case> all{
      {Door::chat,
       R"({"model":"m","messages":[{"role":"user","content":"hi"}]})",
       {R"({"model":"m2"})",
        R"({"temperature":0})",
        R"({"temperature":0.5})",
        R"({"top_p":0.5})",
        R"({"min_p":0.5})",
        R"({"typical_p":0.5})",
        R"({"presence_penalty":0.5})",
        R"({"frequency_penalty":0.5})",
        R"({"repeat_penalty":1.1})",
        R"({"top_k":5})",
        R"({"seed":1})",
        R"({"seed":2})",
        R"({"stop":"a"})",
        R"({"stop":["a","b"]})",
        R"({"n":2})",
        R"({"logprobs":true})",
        R"({"logprobs":true,"top_logprobs":2})",
        R"({"logit_bias":{"5":1}})",
        R"({"max_tokens":5})",
        R"({"max_completion_tokens":6})",
        R"({"reasoning_effort":"low"})",
        R"({"reasoning_effort":"high"})",
        R"({"think":false})",
        R"({"chat_template_kwargs":{"thinking":true}})",
        R"({"response_format":{"type":"json_object"}})",
        R"({"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}}})",
        R"({"response_format":{"type":"json_schema","json_schema":{"name":"b","schema":{"type":"object"}}}})",
        R"({"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"array"}}}})",
        R"({"response_format":{"type":"json_schema","json_schema":{"name":"a","description":"short","schema":{"type":"object"}}}})",
        R"({"response_format":{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":{"type":"object"}}}})",
        R"({"num_ctx":2048})",
        R"({"mirostat":2})",
        R"({"best_of":2})",
        R"({"verbosity":"low"})",
        R"({"guided_regex":"a+"})",
        R"({"stop_token_ids":[5]})",
        R"({"ignore_eos":true})",
        R"({"grammar":"root ::= a"})",
        R"({"lora":[{"id":0,"scale":0.5}]})",
        R"({"modalities":["text"]})",
        with_tools(chat_tool),
        with_tools(replaced(chat_tool, R"("name":"f")", R"("name":"g")")),
        with_tools(replaced(chat_tool, R"("description":"d")", R"("description":"e")")),
        with_tools(replaced(chat_tool, R"("a":{})", R"("a":{"type":"string"})")),
        with_tools(replaced(chat_tool, R"("name":"f")", R"("name":"f","strict":true)")),
        with_tools(replaced(chat_tool, R"("name":"f")", R"("name":"f","examples":["x"])")),
        with_tools(chat_tool + "," + chat_tool),
        R"({"tool_choice":"required","tools":[)" + chat_tool + "]}",
        R"({"tool_choice":"none","tools":[)" + chat_tool + "]}",
        R"({"tool_choice":{"type":"function","function":{"name":"f"}},"tools":[)" + chat_tool + "]}",
        R"({"parallel_tool_calls":false,"tools":[)" + chat_tool + "]}",
        said(R"({"role":"user","content":"Hi"})"),
        said(R"({"role":"system","content":"hi"})"),
        said(R"({"role":"user","content":"hi","name":"bob"})"),
        said(R"({"role":"user","content":"hi","prefix":true})"),
        said(R"({"role":"user","content":"hi"},{"role":"user","content":"hi"})"),
        said(R"({"role":"user","content":"hi"},{"role":"assistant","content":"a"})"),
        said(R"({"role":"user","content":"hi"},{"role":"assistant","content":"a","reasoning_content":"b"})"),
        said(
            R"({"role":"user","content":"hi"},{"role":"assistant","content":"a","reasoning_details":[{"text":"b"}]})"),
        said(R"({"role":"user","content":"hi"},{"role":"assistant","content":"a","prefix":true})"),
        said(called),
        said(replaced(called, R"("content":"ok")", R"("content":"no")")),
        said(replaced(called, R"(\"a\":1)", R"(\"a\":2)")),
        said(picture),
        said(replaced(picture, "AAAA", "AAAB")),
        said(replaced(picture, "AAAA\"", "AAAA\",\"detail\":\"low\"")),
        said(replaced(picture, "AAAA\"", "AAAA\",\"detail\":\"high\"")),
        said(R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA"}}]})"),
        said(R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAB"}}]})")},
       {R"({"stream":true,"stream_options":{"include_usage":true}})", R"({"user":"me"})",
        R"({"metadata":{"a":"b"}})", R"({"store":true})", R"({"service_tier":"auto"})",
        R"({"prompt_cache_key":"k"})", R"({"n":1,"logprobs":false,"presence_penalty":0})",
        R"({"response_format":{"type":"text"}})", R"({"tool_choice":"auto"})",
        said(R"({"role":"user","content":[{"type":"text","text":"hi"}]})"),
        said(R"({"role":"user","content":"hi","name":null,"audio":null})"),
        said(
            R"({"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]})")}},
      {Door::completions,
       R"({"model":"m","prompt":"hi"})",
       {R"({"prompt":"Hi"})", R"({"prompt":["hi","ho"]})", R"({"prompt":[1,2]})", R"({"suffix":"end"})",
        R"({"echo":true})", R"({"logprobs":3})", R"({"max_tokens":5})", R"({"seed":1})", R"({"stop":["x"]})",
        R"({"best_of":3})"},
       {R"({"stream":true})", R"({"user":"me"})", R"({"echo":false})"}},
      {Door::ollama_chat,
       R"({"model":"m","messages":[{"role":"user","content":"hi"}]})",
       {R"({"options":{"num_ctx":2048}})",
        R"({"options":{"num_ctx":4096}})",
        R"({"options":{"num_keep":4}})",
        R"({"options":{"temperature":0.1}})",
        R"({"options":{"top_k":4}})",
        R"({"options":{"top_p":0.4}})",
        R"({"options":{"min_p":0.4}})",
        R"({"options":{"typical_p":0.4}})",
        R"({"options":{"seed":4}})",
        R"({"options":{"stop":["a"]}})",
        R"({"options":{"num_predict":4}})",
        R"({"options":{"repeat_penalty":1.4}})",
        R"({"options":{"repeat_last_n":4}})",
        R"({"options":{"mirostat":1}})",
        R"({"options":{"presence_penalty":1}})",
        R"({"options":{"frequency_penalty":1}})",
        R"({"format":"json"})",
        R"({"format":{"type":"object"}})",
        R"({"format":{"type":"array"}})",
        R"({"think":true})",
        R"({"think":"low"})",
        R"({"logprobs":true})",
        R"({"logprobs":true,"top_logprobs":2})",
        R"({"template":"x"})",
        R"({"model":"m2"})",
        R"({"options":{"num_predict":-1}})",
        R"({"options":{"num_predict":-2}})",
        R"({"think":false})",
        R"({"think":"high"})",
        R"({"some_new_field":1})",
        with_tools(chat_tool),
        with_tools(replaced(chat_tool, R"("name":"f")", R"("name":"g")")),
        with_tools(replaced(chat_tool, R"("description":"d")", R"("description":"e")")),
        with_tools(replaced(chat_tool, R"("a":{})", R"("a":{"type":"string"})")),
        with_tools(chat_tool + "," + chat_tool),
        said(R"({"role":"user","content":"Hi"})"),
        said(R"({"role":"system","content":"hi"})"),
        said(R"({"role":"user","content":"hi"},{"role":"user","content":"hi"})"),
        said(R"({"role":"user","content":"hi","images":["AAAA"]})"),
        said(R"({"role":"user","content":"hi","images":["AAAB"]})"),
        said(R"({"role":"user","content":"hi"},{"role":"assistant","content":"a"})"),
        said(R"({"role":"user","content":"hi"},{"role":"assistant","content":"a","thinking":"b"})"),
        said(ollama_call),
        said(replaced(ollama_call, R"("a":1)", R"("a":2)")),
        said(replaced(ollama_call, R"("name":"f")", R"("name":"g")")),
        said(R"({"role":"user","content":"hi"},{"role":"tool","content":"a"})"),
        said(R"({"role":"user","content":"hi"},{"role":"tool","content":"a","tool_call_id":"b"})"),
        said(R"({"role":"user","content":"hi"},{"role":"tool","content":"a","tool_name":"b"})")},
       {R"({"stream":false})", R"({"keep_alive":"5m"})", R"({"options":{}})", R"({"format":""})",
        R"({"options":null})", R"({"logprobs":false})",
        said(R"({"role":"USER","content":"hi","images":[]})")}},
      {Door::ollama_generate,
       R"({"model":"m","prompt":"hi"})",
       {R"({"prompt":"ho"})", R"({"system":"be"})", R"({"suffix":"x"})", R"({"raw":true})",
        R"({"images":["AAAA"]})", R"({"template":"x"})", R"({"context":[1,2]})", R"({"format":"json"})",
        R"({"images":["AAAB"]})", R"({"model":"m2"})", R"({"context":[1,3]})",
        R"({"format":{"type":"object"}})", R"({"options":{"num_ctx":2048}})", R"({"options":{"seed":1}})",
        R"({"options":{"stop":["a"]}})", R"({"options":{"num_predict":4}})", R"({"think":false})",
        R"({"think":true})", R"({"logprobs":true})"},
       {R"({"stream":false})", R"({"raw":false})", R"({"keep_alive":0})", R"({"system":""})"}},
      {Door::anthropic,
       R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]})",
       {R"({"model":"m2"})",
        R"({"max_tokens":8})",
        R"({"system":"be"})",
        R"({"system":[{"type":"text","text":"be"},{"type":"text","text":"me"}]})",
        R"({"temperature":0.5})",
        R"({"top_p":0.5})",
        R"({"top_k":5})",
        R"({"stop_sequences":["a"]})",
        R"({"stop_sequences":["b"]})",
        R"({"thinking":{"type":"disabled"}})",
        R"({"thinking":{"type":"enabled","budget_tokens":2000},"max_tokens":3000})",
        R"({"thinking":{"type":"enabled","budget_tokens":9000},"max_tokens":3000})",
        R"({"thinking":{"type":"adaptive"}})",
        R"({"thinking":{"type":"adaptive"},"output_config":{"effort":"low"}})",
        R"({"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}})",
        R"({"output_config":{"format":{"type":"json_schema","schema":{"type":"array"}}}})",
        with_tools(claude_tool),
        with_tools(replaced(claude_tool, R"("name":"f")", R"("name":"g")")),
        with_tools(replaced(claude_tool, R"("description":"d")", R"("description":"e")")),
        with_tools(replaced(claude_tool, R"({"type":"object"})", R"({"type":"object","required":["a"]})")),
        with_tools(replaced(claude_tool, R"("name":"f")", R"("name":"f","strict":true)")),
        R"({"tool_choice":{"type":"any"},"tools":[)" + claude_tool + "]}",
        R"({"tool_choice":{"type":"none"},"tools":[)" + claude_tool + "]}",
        R"({"tool_choice":{"type":"tool","name":"f"},"tools":[)" + claude_tool + "]}",
        R"({"tool_choice":{"type":"any","disable_parallel_tool_use":true},"tools":[)" + claude_tool + "]}",
        said(R"({"role":"user","content":"Hi"})"),
        said(R"({"role":"user","content":"hi"},{"role":"assistant","content":"{"})"),
        said(
            R"({"role":"user","content":"hi"},{"role":"assistant","content":"a"},{"role":"user","content":"hi"})"),
        said(R"({"role":"user","content":"hi"},{"role":"system","content":"be"})"),
        said(claude_call),
        said(replaced(claude_call, R"("content":"ok")", R"("content":"no")")),
        said(replaced(claude_call, R"("content":"ok")", R"("content":"ok","is_error":true)")),
        said(replaced(claude_call, R"({"a":1})", R"({"a":2})")),
        said(claude_picture),
        said(replaced(claude_picture, "AAAA", "AAAB")),
        said(R"({"role":"user","content":[{"type":"document","source":{"type":"text","data":"hi"}}]})"),
        said(
            R"({"role":"user","content":[{"type":"document","title":"t","source":{"type":"text","data":"hi"}}]})"),
        said(
            R"({"role":"user","content":[{"type":"search_result","title":"t","content":[{"type":"text","text":"hi"}]}]})")},
       {R"({"stream":true})", R"({"metadata":{"user_id":"me"}})", R"({"service_tier":"auto"})",
        R"({"output_config":{"effort":"low"}})",  // without thinking it reaches no backend
        R"({"container":"c","inference_geo":"eu"})",
        said(R"({"role":"user","content":[{"type":"text","text":"hi"}]})"),
        said(
            R"({"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]})")}},
      {Door::responses,
       R"({"model":"m","input":"hi"})",
       {R"({"model":"m2"})",
        R"({"input":"Hi"})",
        R"({"instructions":"be"})",
        R"({"previous_response_id":"resp_1"})",
        R"({"previous_response_id":"resp_2"})",
        R"({"temperature":0.5})",
        R"({"top_p":0.5})",
        R"({"min_p":0.5})",
        R"({"top_k":5})",
        R"({"seed":1})",
        R"({"seed":2})",
        R"({"stop":["a"]})",
        R"({"presence_penalty":0.5})",
        R"({"frequency_penalty":0.5})",
        R"({"repeat_penalty":1.1})",
        R"({"max_output_tokens":5})",
        R"({"max_output_tokens":6})",
        R"({"reasoning":{"effort":"low"}})",
        R"({"reasoning":{"effort":"none"}})",
        R"({"chat_template_kwargs":{"thinking":true}})",
        R"({"include":["message.output_text.logprobs"]})",
        R"({"top_logprobs":2})",
        R"({"text":{"format":{"type":"json_object"}}})",
        R"({"text":{"format":{"type":"json_schema","name":"a","schema":{"type":"object"}}}})",
        R"({"text":{"format":{"type":"json_schema","name":"b","schema":{"type":"object"}}}})",
        R"({"text":{"format":{"type":"json_schema","name":"a","schema":{"type":"array"}}}})",
        R"({"text":{"format":{"type":"json_schema","name":"a","strict":true,"schema":{"type":"object"}}}})",
        with_tools(flat_tool),
        with_tools(replaced(flat_tool, R"("name":"f")", R"("name":"g")")),
        with_tools(replaced(flat_tool, R"("description":"d")", R"("description":"e")")),
        with_tools(replaced(flat_tool, R"({"type":"object"})", R"({"type":"object","required":["a"]})")),
        with_tools(replaced(flat_tool, R"("name":"f")", R"("name":"f","strict":true)")),
        with_tools(R"({"type":"custom","name":"f","description":"d"})"),
        with_tools(
            R"({"type":"custom","name":"f","description":"d","format":{"type":"grammar","syntax":"lark","definition":"x"}})"),
        with_tools(flat_tool + R"(,{"type":"namespace","name":"n","tools":[)" + flat_tool + "]}"),
        R"({"tool_choice":"required","tools":[)" + flat_tool + "]}",
        R"({"tool_choice":"none","tools":[)" + flat_tool + "]}",
        R"({"tool_choice":{"type":"function","name":"f"},"tools":[)" + flat_tool + "]}",
        R"({"parallel_tool_calls":false,"tools":[)" + flat_tool + "]}",
        put_in(R"({"role":"system","content":"hi"})"),
        put_in(R"({"role":"user","content":"hi"},{"role":"user","content":"hi"})"),
        put_in(R"({"role":"user","content":"hi"},{"role":"assistant","content":"a"})"),
        put_in(
            R"({"role":"user","content":"hi"},{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"b"}]},{"role":"assistant","content":"a"})"),
        put_in(R"({"role":"user","content":"hi"},{"type":"item_reference","id":"msg_1"})"),
        put_in(flat_call),
        put_in(replaced(flat_call, R"("output":"ok")", R"("output":"no")")),
        put_in(replaced(flat_call, R"(\"a\":1)", R"(\"a\":2)")),
        put_in(flat_picture),
        put_in(replaced(flat_picture, "AAAA", "AAAB")),
        put_in(R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA"}}]})"),
        put_in(R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAB"}}]})")},
       {R"({"stream":true})", R"({"user":"me"})", R"({"store":false})", R"({"metadata":{"a":"b"}})",
        R"({"truncation":"disabled"})", R"({"include":["reasoning.encrypted_content"]})",
        R"({"reasoning":{"summary":"auto"}})",  // says how it is told, not what is thought
        R"({"text":{"format":{"type":"text"},"verbosity":"low"}})", R"({"tool_choice":"auto"})",
        R"({"prompt_cache_key":"k","safety_identifier":"s","service_tier":"auto"})",
        R"({"tools":[{"type":"web_search"}]})",  // left out, as no backend has it
        put_in(R"({"role":"user","content":"hi"})"),
        put_in(R"({"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]})")}},
  };
  return all;
}

}  // namespace cache_key_cases
