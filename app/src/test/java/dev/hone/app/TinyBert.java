package dev.hone.app;

import dev.hone.model.Model;
import dev.hone.model.ModelFiles;
import dev.hone.model.family.Families;
import dev.hone.store.Config;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A BERT with random weights and one WordPiece a word. */
final class TinyBert {
  private TinyBert() {}

  static void write(Path base, String architecture, int labels, Collection<String> words) {
    List<String> vocabulary =
        new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    vocabulary.addAll(words);
    ObjectMapper json = new ObjectMapper();
    ObjectNode config =
        (ObjectNode)
            json.readTree(
                """
                {"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 2,
                 "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 64,
                 "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
                 "initializer_range": 0.2, "pad_token_id": 0}
                """);
    config.putArray("architectures").add(architecture);
    config.put("vocab_size", vocabulary.size());
    config.put("num_labels", labels);
    Engine.seed(1);
    try (Model model = Families.random(Config.of(base.resolve("config.json"), config))) {
      Files.createDirectories(base);
      ModelFiles.write(base, model, Map.of(), DType.F32);
      Files.writeString(base.resolve("tokenizer.json"), tokenizer(json, vocabulary));
      Files.writeString(
          base.resolve("tokenizer_config.json"),
          """
          {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]",
           "mask_token": "[MASK]"}
          """);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String tokenizer(ObjectMapper json, List<String> vocabulary) {
    ObjectNode tokenizer =
        (ObjectNode)
            json.readTree(
                """
                {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
                 "normalizer": {"type": "BertNormalizer", "clean_text": true,
                   "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
                 "pre_tokenizer": {"type": "BertPreTokenizer"},
                 "post_processor": {"type": "TemplateProcessing",
                   "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                              {"Sequence": {"id": "A", "type_id": 0}},
                              {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
                   "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                            {"Sequence": {"id": "A", "type_id": 0}},
                            {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
                            {"Sequence": {"id": "B", "type_id": 1}},
                            {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
                   "special_tokens": {
                     "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                     "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
                 "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
                 "model": {"type": "WordPiece", "unk_token": "[UNK]",
                   "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}}
                """);
    ObjectNode vocab = ((ObjectNode) tokenizer.path("model")).putObject("vocab");
    vocabulary.forEach(w -> vocab.put(w, vocab.size()));
    for (int i = 0; i < 5; i++) {
      ObjectNode token = ((ArrayNode) tokenizer.path("added_tokens")).addObject();
      token.put("id", i).put("content", vocabulary.get(i)).put("special", true);
      for (String off : List.of("single_word", "lstrip", "rstrip", "normalized")) {
        token.put(off, false);
      }
    }
    return tokenizer.toString();
  }
}
