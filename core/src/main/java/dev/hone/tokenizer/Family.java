package dev.hone.tokenizer;

import dev.hone.error.HoneException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The tokenizers that can be built without tokenizer.json: their class in Hugging Face's
 * tokenizer_config.json, the model types that use them, and the special tokens that they have where
 * no file names any.
 */
enum Family {
  BERT(
      "vocab.txt",
      List.of("BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer"),
      List.of("bert", "distilbert", "electra"),
      Roles.BRACKETS),
  GPT2(
      "vocab.json",
      List.of("GPT2Tokenizer", "CodeGenTokenizer"),
      List.of("gpt2", "gpt_neo", "gptj", "phi", "codegen", "starcoder2"),
      Roles.END_OF_TEXT),
  GPT_NEOX("vocab.json", List.of("GPTNeoXTokenizer"), List.of("gpt_neox"), Roles.END_OF_TEXT),
  OPT(
      "vocab.json",
      List.of(),
      List.of("opt"),
      Map.of("bos_token", "</s>", "eos_token", "</s>", "unk_token", "</s>", "pad_token", "<pad>")),
  ROBERTA(
      "vocab.json",
      List.of("RobertaTokenizer", "BartTokenizer", "LongformerTokenizer"),
      List.of("roberta", "bart", "longformer"),
      Roles.ANGLES),
  DEBERTA("vocab.json", List.of("DebertaTokenizer"), List.of("deberta"), Roles.BRACKETS_AT_ENDS),
  QWEN2(
      "vocab.json",
      List.of("Qwen2Tokenizer"),
      List.of("qwen2", "qwen2_moe", "qwen3", "qwen3_moe"),
      Map.of(
          "eos_token",
          "<|endoftext|>",
          "pad_token",
          "<|endoftext|>",
          "unk_token",
          "<|endoftext|>")),
  LLAMA(
      "tokenizer.model",
      List.of("LlamaTokenizer"),
      List.of("llama", "mistral", "mixtral", "phi3"),
      Map.of("bos_token", "<s>", "eos_token", "</s>", "unk_token", "<unk>")),
  GEMMA(
      "tokenizer.model",
      List.of("GemmaTokenizer"),
      List.of("gemma", "gemma2", "gemma3", "gemma3_text"),
      Map.of(
          "bos_token", "<bos>", "eos_token", "<eos>", "unk_token", "<unk>", "pad_token", "<pad>")),
  T5(
      "spiece.model",
      List.of("T5Tokenizer", "MT5Tokenizer"),
      List.of("t5", "mt5", "umt5"),
      Map.of("eos_token", "</s>", "unk_token", "<unk>", "pad_token", "<pad>")),
  XLM_ROBERTA(
      "sentencepiece.bpe.model",
      List.of("XLMRobertaTokenizer"),
      List.of("xlm-roberta"),
      Roles.ANGLES),
  ALBERT(
      "spiece.model",
      List.of("AlbertTokenizer"),
      List.of("albert"),
      Map.of(
          "bos_token", "[CLS]",
          "eos_token", "[SEP]",
          "unk_token", "<unk>",
          "sep_token", "[SEP]",
          "pad_token", "<pad>",
          "cls_token", "[CLS]",
          "mask_token", "[MASK]")),
  DEBERTA_V2(
      "spm.model", List.of("DebertaV2Tokenizer"), List.of("deberta-v2"), Roles.BRACKETS_AT_ENDS);

  /** Classes that say nothing: the tokenizer is whatever tokenizer.json holds. */
  private static final List<String> ANY =
      List.of("PreTrainedTokenizer", "TokenizersBackend", "AutoTokenizer");

  /** The older vocabulary file. */
  final String file;

  final Map<String, String> roles;
  private final List<String> classes;
  private final List<String> modelTypes;

  Family(String file, List<String> classes, List<String> modelTypes, Map<String, String> roles) {
    this.file = file;
    this.classes = classes;
    this.modelTypes = modelTypes;
    this.roles = roles;
  }

  /** The masked word's own space belongs to its mask token. */
  boolean maskTakesSpaceBefore() {
    return this == ROBERTA || this == DEBERTA || this == XLM_ROBERTA || this == ALBERT;
  }

  /** Reads tokenizer_class, then model_type; OPT shares GPT-2's class but begins with bos. */
  static Family of(Path folder, JsonNode tokenizerConfig, JsonNode config) {
    String modelType = text(config.path("model_type"));
    Family byModel = find(modelType, false);
    for (JsonNode source : List.of(tokenizerConfig, config)) {
      String name = text(source.path("tokenizer_class"));
      if (name == null) {
        continue;
      }
      String bare = name.endsWith("Fast") ? name.substring(0, name.length() - 4) : name;
      Family byClass = find(bare, true);
      if (byClass != null) {
        return byClass == GPT2 && byModel == OPT ? OPT : byClass;
      }
      if (!ANY.contains(bare)) {
        throw new HoneException(
            folder.resolve(source == config ? "config.json" : "tokenizer_config.json")
                + " names tokenizer_class '"
                + name
                + "', which can be read from tokenizer.json only, and there is none; make it with"
                + " AutoTokenizer.from_pretrained(...).save_pretrained(...)");
      }
    }
    if (byModel != null) {
      return byModel;
    }
    throw new HoneException(
        folder
            + " has an older vocabulary file, but "
            + (modelType == null
                ? "no tokenizer_config.json names a tokenizer_class and no config.json a model_type"
                : "its model_type '" + modelType + "' is read from tokenizer.json only")
            + "; expected a tokenizer_class out of "
            + known());
  }

  private static @Nullable Family find(@Nullable String name, boolean byClass) {
    for (Family family : values()) {
      if (name != null && (byClass ? family.classes : family.modelTypes).contains(name)) {
        return family;
      }
    }
    return null;
  }

  private static @Nullable String text(JsonNode node) {
    return node.isString() ? node.stringValue() : null;
  }

  private static String known() {
    TreeSet<String> names = new TreeSet<>();
    Arrays.stream(values()).forEach(family -> names.addAll(family.classes));
    return String.join(", ", names);
  }

  /** Special tokens that several families share. */
  private static final class Roles {
    static final Map<String, String> BRACKETS =
        Map.of(
            "unk_token", "[UNK]",
            "sep_token", "[SEP]",
            "pad_token", "[PAD]",
            "cls_token", "[CLS]",
            "mask_token", "[MASK]");
    static final Map<String, String> BRACKETS_AT_ENDS =
        Map.of(
            "bos_token", "[CLS]",
            "eos_token", "[SEP]",
            "unk_token", "[UNK]",
            "sep_token", "[SEP]",
            "pad_token", "[PAD]",
            "cls_token", "[CLS]",
            "mask_token", "[MASK]");
    static final Map<String, String> ANGLES =
        Map.of(
            "bos_token", "<s>",
            "eos_token", "</s>",
            "unk_token", "<unk>",
            "sep_token", "</s>",
            "pad_token", "<pad>",
            "cls_token", "<s>",
            "mask_token", "<mask>");
    static final Map<String, String> END_OF_TEXT =
        Map.of(
            "bos_token", "<|endoftext|>",
            "eos_token", "<|endoftext|>",
            "unk_token", "<|endoftext|>");
  }
}
