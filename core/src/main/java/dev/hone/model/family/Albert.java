package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Embedding;
import dev.hone.model.Encoder;
import dev.hone.model.EncoderEmbeddings;
import dev.hone.model.Head;
import dev.hone.model.Mlp;
import dev.hone.model.MultiHeadAttention;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.model.head.Pooler;
import dev.hone.model.head.Transform;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;

/** ALBERT (arXiv:1909.11942): narrow embeddings, and layers that share their weights in groups. */
final class Albert implements Family {
  @Override
  public List<String> architectures() {
    return Task.architectures("Albert");
  }

  @Override
  public String prefix() {
    return "albert.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    Only.plainEncoder(config);
    int hidden = config.intValue("hidden_size");
    int width = config.intValue("embedding_size");
    int positions = config.intValue("max_position_embeddings");
    String at = "albert.embeddings.";
    Embedding words =
        parts.embedding(
            at + "word_embeddings",
            config.intValue("vocab_size"),
            width,
            new BertLayers(config, parts, prefix(), 1e-12).padding(0));
    Embedding places = parts.embedding(at + "position_embeddings", positions, width);
    Embedding types =
        parts.embedding(
            at + "token_type_embeddings", config.optionalInt("type_vocab_size").orElse(2), width);
    var norm = parts.layerNorm(at + "LayerNorm", width, eps(config));
    var mapped = parts.linear("albert.encoder.embedding_hidden_mapping_in", width, hidden, true);
    return new Encoder(
        new EncoderEmbeddings(words, places, -1, types, null, norm, false, dropout(config), mapped),
        blocks(config, parts, hidden),
        hidden,
        positions);
  }

  private static List<Block> blocks(Config config, Parts parts, int hidden) {
    int layers = Options.layers(config, "num_hidden_layers");
    if (layers < 1) {
      throw config.wrong("num_hidden_layers", "1 or more");
    }
    int groups = config.optionalInt("num_hidden_groups").orElse(1);
    if (groups < 1 || groups > layers) {
      throw config.wrong("num_hidden_groups", "1 to the number of layers, " + layers);
    }
    int inGroup = Options.positive(config, "inner_group_num", 1);
    List<List<Block>> shared = new ArrayList<>();
    for (int group = 0; group < groups; group++) {
      List<Block> inner = new ArrayList<>();
      for (int i = 0; i < inGroup; i++) {
        inner.add(block(config, parts, hidden, group, i));
      }
      shared.add(inner);
    }
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      // Divided in this order, as the reference rounds.
      blocks.addAll(shared.get((int) (layer / ((double) layers / groups))));
    }
    return blocks;
  }

  private static Block block(Config config, Parts parts, int hidden, int group, int inner) {
    String at = "albert.encoder.albert_layer_groups." + group + ".albert_layers." + inner + ".";
    int heads = config.intValue("num_attention_heads");
    int width = config.intValue("intermediate_size");
    return new Block.PostNorm(
        new MultiHeadAttention(
            inner,
            new Qkv.Separate(
                parts.linear(at + "attention.query", hidden, hidden, true),
                parts.linear(at + "attention.key", hidden, hidden, true),
                parts.linear(at + "attention.value", hidden, hidden, true)),
            parts.linear(at + "attention.dense", hidden, hidden, true),
            heads,
            heads,
            Only.divided(config, hidden, "num_attention_heads"),
            config.optionalDouble("attention_probs_dropout_prob").orElse(0)),
        parts.layerNorm(at + "attention.LayerNorm", hidden, eps(config)),
        new Mlp.Plain(
            parts.linear(at + "ffn", hidden, width, true),
            activation(config),
            parts.linear(at + "ffn_output", width, hidden, true)),
        parts.layerNorm(at + "full_layer_layer_norm", hidden, eps(config)),
        dropout(config),
        0);
  }

  private static double eps(Config config) {
    return config.optionalDouble("layer_norm_eps").orElse(1e-12);
  }

  private static double dropout(Config config) {
    return config.optionalDouble("hidden_dropout_prob").orElse(0);
  }

  private static Activation activation(Config config) {
    return Activation.named(config.optionalText("hidden_act").orElse("gelu_new"));
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    int hidden = backbone.hiddenSize();
    double dropout = config.optionalDouble("classifier_dropout_prob").orElse(0.1);
    EncoderHeads heads = new EncoderHeads(config, parts, hidden);
    return switch (Task.of(architecture)) {
      case TOKENS -> heads.tokens(dropout);
      case ANSWER -> heads.answer(0);
      case CHOICE -> heads.choice(pooler(parts, hidden), dropout);
      case ROWS -> heads.rows(pooler(parts, hidden), dropout, "classifier");
      default -> {
        int width = config.intValue("embedding_size");
        yield heads.maskedWords(
            new Transform(
                parts.linear("predictions.dense", hidden, width, true),
                activation(config),
                parts.layerNorm("predictions.LayerNorm", width, eps(config))),
            "predictions.decoder",
            "predictions.bias",
            backbone.tokens());
      }
    };
  }

  private static Pooler pooler(Parts parts, int hidden) {
    return Pooler.first(parts.linear("albert.pooler", hidden, hidden, true), Activation.TANH);
  }
}
