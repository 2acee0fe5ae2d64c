package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Embedding;
import dev.hone.model.Head;
import dev.hone.model.Linear;
import dev.hone.model.LstmLayer;
import dev.hone.model.Parts;
import dev.hone.model.Recurrent;
import dev.hone.model.head.ConcatPooling;
import dev.hone.model.head.LmHead;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * AWD-LSTM (arXiv:1708.02182), the model of ULMFiT (arXiv:1801.06146): a table of C numbers a word,
 * LSTM layers of H numbers of which the last has C again, and a head tied to the table.
 *
 * <p>The layout of its folder is Hone's own. Keys of config.json, with the defaults of fastai's
 * language model where one is left out:
 *
 * <ul>
 *   <li>{@code vocab_size}, {@code embedding_size} (C), {@code hidden_size} (H), {@code
 *       num_hidden_layers}
 *   <li>{@code embedding_dropout} 0.02, {@code input_dropout} 0.25, {@code hidden_dropout} 0.15,
 *       {@code weight_dropout} 0.2, {@code output_dropout} 0.1
 *   <li>{@code bptt} 70: positions that gradients go back over
 *   <li>{@code tie_word_embeddings} true, {@code output_bias} true
 *   <li>of the classifier: {@code max_len} 1440 last positions that are pooled, {@code
 *       classifier_hidden_size} 50, {@code classifier_dropout} 0.1 before its last linear
 * </ul>
 *
 * Tensors: {@code model.embed_tokens.weight} [V, C], {@code model.layers.N.} with {@code weight_ih}
 * [4H, C], {@code weight_hh} [4H, H], {@code bias_ih} and {@code bias_hh} [4H]; {@code
 * lm_head.bias} [V]; {@code classifier.pooled_norm}, {@code .dense.weight}, {@code .dense_norm} and
 * {@code .out.weight}. Files with fastai's names are read, and written, by those.
 */
final class AwdLstm implements Family {
  private static final String ROWS = "AwdLstmForSequenceClassification";

  @Override
  public List<String> architectures() {
    return List.of("AwdLstmForCausalLM", ROWS);
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public UnaryOperator<String> names(Set<String> inFile) {
    return FastaiNames.of(inFile);
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    Only.off(config, "qrnn", "bidirectional"); // fastai's other forms
    int width = positive(config, "embedding_size", 1);
    int inner = positive(config, "hidden_size", 1);
    int count = positive(config, "num_hidden_layers", 1);
    boolean rows = config.texts("architectures").contains(ROWS);
    int window = config.has("bptt") ? positive(config, "bptt", 1) : 70;
    int pooled = config.has("max_len") ? positive(config, "max_len", window) : 1440;
    if (pooled < window) {
      throw config.wrong("bptt", "at most max_len, which is " + pooled);
    }
    Embedding tokens =
        parts.embedding("model.embed_tokens", positive(config, "vocab_size", 1), width);
    List<LstmLayer> layers = new ArrayList<>();
    for (int layer = 0; layer < count; layer++) {
      layers.add(
          parts.lstm(
              "model.layers." + layer,
              layer == 0 ? width : inner,
              layer == count - 1 ? width : inner,
              rate(config, "weight_dropout", 0.2)));
    }
    return new Recurrent(
        tokens,
        rate(config, "embedding_dropout", 0.02),
        rate(config, "input_dropout", 0.25),
        rate(config, "hidden_dropout", 0.15),
        rows ? 0 : rate(config, "output_dropout", 0.1),
        layers,
        window,
        rows ? pooled : 0);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    if (architecture.equals(ROWS)) {
      return classifier(config, (Recurrent) backbone, parts);
    }
    boolean bias = config.optionalBoolean("output_bias").orElse(true);
    Linear matrix =
        config.optionalBoolean("tie_word_embeddings").orElse(true)
            ? parts.tied("lm_head", backbone.tokens(), bias)
            : parts.linear("lm_head", backbone.hiddenSize(), config.intValue("vocab_size"), bias);
    return new LmHead(matrix);
  }

  private static Head classifier(Config config, Recurrent backbone, Parts parts) {
    long pooled = 3L * backbone.hiddenSize();
    int inner =
        config.has("classifier_hidden_size") ? positive(config, "classifier_hidden_size", 1) : 50;
    return new ConcatPooling(
        backbone,
        parts.batchNorm("classifier.pooled_norm", pooled),
        rate(config, "output_dropout", 0.1),
        parts.linear("classifier.dense", pooled, inner, false),
        parts.batchNorm("classifier.dense_norm", inner),
        rate(config, "classifier_dropout", 0.1),
        parts.linear("classifier.out", inner, Labels.count(config), false),
        Labels.problem(config));
  }

  private static int positive(Config config, String key, int least) {
    int value = config.intValue(key);
    if (value < least) {
      throw config.wrong(key, least + " or more");
    }
    return value;
  }

  private static double rate(Config config, String key, double otherwise) {
    double rate = config.optionalDouble(key).orElse(otherwise);
    if (rate < 0 || rate >= 1) {
      throw config.wrong(key, "a rate from 0 to less than 1");
    }
    return rate;
  }
}
