// The npm clients against a server: prints what each of them got, as one JSON object.
import OpenAI from "openai";
import { embed, embedMany, rerank } from "ai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createCohere } from "@ai-sdk/cohere";

const [url, reranker, texts, query] = [process.argv[2], process.argv[3], JSON.parse(process.argv[4]), process.argv[5]];
const found = {};

const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "any" });
const created = await openai.embeddings.create({ model: "tiny", input: texts });
found.openai = created.data.map((entry) => Array.from(entry.embedding));

const provider = createOpenAICompatible({ name: "qwen3-embed", baseURL: `${url}/v1`, apiKey: "any" });
const many = await embedMany({ model: provider.textEmbeddingModel("tiny"), values: texts });
found.embedMany = many.embeddings;
found.tokens = many.usage.tokens;
found.embed = (await embed({ model: provider.textEmbeddingModel("tiny-query"), value: query })).embedding;
try {
  await embed({ model: provider.textEmbeddingModel("nothing"), value: query, maxRetries: 0 });
} catch (error) {
  found.error = error.message;
}

const cohere = createCohere({ baseURL: `${url}/v2`, apiKey: "any" });
found.cohereQuery = (await embed({ model: cohere.textEmbeddingModel("tiny"), value: query })).embedding;
const ranked = await rerank({ model: cohere.reranking(reranker), query, documents: texts });
found.ranking = ranked.ranking.map(({ originalIndex, score }) => ({ index: originalIndex, score }));

console.log(JSON.stringify(found));
