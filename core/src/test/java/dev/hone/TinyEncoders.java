package dev.hone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/** Configurations of small encoders: every family, every head, and the options of each family. */
public final class TinyEncoders {
  /** An architecture's name without its task, and the keys that its family has. */
  private static final Map<String, String> FAMILIES = new LinkedHashMap<>();

  private static final List<String> TASKS =
      List.of(
          "ForMaskedLM",
          "ForSequenceClassification",
          "ForTokenClassification",
          "ForMultipleChoice",
          "ForQuestionAnswering");

  private static final String BERT =
      """
      'hidden_size': 32, 'num_hidden_layers': 2, 'num_attention_heads': 4, 'vocab_size': 96,
      'intermediate_size': 48, 'max_position_embeddings': 64, 'initializer_range': 0.15,
      'pad_token_id': 0
      """;

  static {
    FAMILIES.put("Bert", BERT);
    FAMILIES.put("Roberta", BERT + ", 'pad_token_id': 1, 'max_position_embeddings': 66");
    FAMILIES.put("XLMRoberta", BERT + ", 'pad_token_id': 1, 'max_position_embeddings': 66");
    FAMILIES.put("Electra", BERT + ", 'embedding_size': 16");
    FAMILIES.put("Albert", BERT + ", 'embedding_size': 16, 'num_hidden_layers': 3");
    FAMILIES.put(
        "DistilBert",
        """
        'dim': 32, 'n_layers': 2, 'n_heads': 4, 'hidden_dim': 48, 'vocab_size': 96,
        'max_position_embeddings': 64, 'initializer_range': 0.15, 'pad_token_id': 0
        """);
    FAMILIES.put(
        "DebertaV2",
        BERT
            + """
            , 'relative_attention': true, 'position_buckets': 8, 'norm_rel_ebd': 'layer_norm',
            'share_att_key': true, 'pos_att_type': 'p2c|c2p', 'position_biased_input': false
            """);
    FAMILIES.put(
        "ModernBert",
        BERT
            + """
            , 'num_hidden_layers': 4, 'local_attention': 4, 'global_rope_theta': 160000.0,
            'local_rope_theta': 10000.0
            """);
  }

  private TinyEncoders() {}

  /** For example {@code config("BertForMaskedLM", "{'hidden_act': 'relu'}")}. */
  public static String config(String architecture, String extra) {
    String stem = architecture.substring(0, architecture.indexOf("For"));
    ObjectMapper json = new ObjectMapper();
    ObjectNode node = json.createObjectNode();
    node.putArray("architectures").add(architecture);
    for (String keys : List.of("{" + FAMILIES.get(stem) + "}", extra)) {
      node.setAll((ObjectNode) json.readTree(lastOfEach(keys.replace('\'', '"'))));
    }
    return node.toString();
  }

  /** A key that is said twice means its last value. */
  private static String lastOfEach(String object) {
    return new ObjectMapper().readTree(object).toString();
  }

  /** The sequence classifier of each family. */
  public static List<String> classifiers() {
    return FAMILIES.keySet().stream()
        .map(stem -> config(stem + "ForSequenceClassification", "{'num_labels': 3}"))
        .toList();
  }

  /** Every head of every family, and every option that changes what a family computes. */
  public static List<String> all() {
    List<String> configs = new ArrayList<>();
    for (String stem : FAMILIES.keySet()) {
      TASKS.forEach(task -> configs.add(config(stem + task, "{}")));
    }
    configs.add(config("ElectraForPreTraining", "{}"));
    configs.add(config("BertForMaskedLM", "{'tie_word_embeddings': false}"));
    String albert = "AlbertForTokenClassification";
    configs.add(config(albert, "{'num_hidden_layers': 5, 'num_hidden_groups': 2}"));
    configs.add(config(albert, "{'num_hidden_groups': 3, 'inner_group_num': 2}"));
    String deberta = "DebertaV2ForTokenClassification";
    for (String extra :
        List.of(
            "{'pos_att_type': ['c2p']}",
            "{'pos_att_type': ['p2c'], 'share_att_key': false, 'norm_rel_ebd': 'none'}",
            "{'pos_att_type': []}",
            "{'relative_attention': false, 'position_biased_input': true, 'type_vocab_size': 2}",
            "{'position_buckets': -1, 'max_relative_positions': 6}",
            "{'conv_kernel_size': 3, 'conv_act': 'gelu'}",
            "{'embedding_size': 16}")) {
      configs.add(config(deberta, extra));
    }
    configs.add(config("DebertaV2ForMaskedLM", "{'legacy': false}"));
    configs.add(
        config(
            "ModernBertForSequenceClassification",
            "{'classifier_pooling': 'mean', 'norm_bias': true, 'mlp_bias': true,"
                + " 'attention_bias': true, 'classifier_bias': true}"));
    configs.add(config("ModernBertForMaskedLM", "{'decoder_bias': false}"));
    return configs;
  }
}
