package dev.hone;

import dev.hone.data.TokenRow;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.family.Families;
import dev.hone.store.Config;
import dev.hone.store.TensorFile;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/** Models of two layers whose every parameter, norms and biases included, is random. */
public final class TinyModels {
  public static final int VOCAB = 96;
  public static final int POSITIONS = 64;

  /** Extra keys that make a Llama of everything that the family has. */
  public static final List<String> LLAMAS =
      List.of(
          "{}",
          "{'tie_word_embeddings': true, 'attention_bias': true, 'mlp_bias': true}",
          "{'num_key_value_heads': 4, 'rope_scaling': {'rope_type': 'llama3', 'factor': 8.0,"
              + " 'low_freq_factor': 1.0, 'high_freq_factor': 4.0,"
              + " 'original_max_position_embeddings': 16}}",
          "{'head_dim': 16, 'rope_parameters': {'rope_type': 'linear', 'factor': 2.0,"
              + " 'rope_theta': 500.0}}");

  private static final ObjectMapper JSON = new ObjectMapper();

  static {
    Engine.threads(1); // matrices this small are slower on two
  }

  private TinyModels() {}

  public static String llamaConfig(String extra) {
    return merged(
        """
        {'architectures': ['LlamaForCausalLM'], 'hidden_size': 32, 'num_hidden_layers': 2,
         'num_attention_heads': 4, 'num_key_value_heads': 2, 'intermediate_size': 48,
         'vocab_size': 96, 'max_position_embeddings': 64, 'rms_norm_eps': 1e-5,
         'rope_theta': 10000.0, 'tie_word_embeddings': false, 'initializer_range': 0.15}
        """,
        extra);
  }

  public static String gpt2Config(String extra) {
    return merged(
        """
        {'architectures': ['GPT2LMHeadModel'], 'n_embd': 32, 'n_layer': 2, 'n_head': 4,
         'n_positions': 64, 'vocab_size': 96, 'initializer_range': 0.15}
        """,
        extra);
  }

  public static String bertConfig(String architecture) {
    return merged(
        """
        {'hidden_size': 32, 'num_hidden_layers': 2, 'num_attention_heads': 4,
         'intermediate_size': 48, 'max_position_embeddings': 64, 'vocab_size': 96,
         'num_labels': 3, 'initializer_range': 0.15}
        """,
        "{'architectures': ['" + architecture + "']}");
  }

  public static String t5Config(String extra) {
    return merged(
        """
        {'architectures': ['T5ForConditionalGeneration'], 'd_model': 32, 'd_kv': 12, 'd_ff': 48,
         'num_layers': 2, 'num_decoder_layers': 3, 'num_heads': 4, 'vocab_size': 96,
         'relative_attention_num_buckets': 8, 'relative_attention_max_distance': 20,
         'n_positions': 64, 'decoder_start_token_id': 0, 'pad_token_id': 0, 'eos_token_id': 1,
         'dropout_rate': 0.0, 'initializer_range': 0.15}
        """,
        extra);
  }

  public static String bartConfig(String extra) {
    return merged(
        """
        {'architectures': ['BartForConditionalGeneration'], 'd_model': 32, 'encoder_layers': 2,
         'decoder_layers': 2, 'encoder_attention_heads': 4, 'decoder_attention_heads': 2,
         'encoder_ffn_dim': 48, 'decoder_ffn_dim': 40, 'max_position_embeddings': 64,
         'vocab_size': 96, 'decoder_start_token_id': 2, 'pad_token_id': 1, 'eos_token_id': 2,
         'dropout': 0.0, 'init_std': 0.15}
        """,
        extra);
  }

  /** Encoder-decoders of both families, with every kind of head. */
  public static List<String> encoderDecoderConfigs() {
    return List.of(
        t5Config("{}"),
        t5Config("{'feed_forward_proj': 'gated-gelu', 'tie_word_embeddings': false}"),
        bartConfig("{}"),
        bartConfig("{'scale_embedding': true, 'tie_word_embeddings': false}"));
  }

  /** Every model that writes. */
  public static List<String> writerConfigs() {
    List<String> configs = new ArrayList<>(decoderConfigs());
    configs.addAll(encoderDecoderConfigs());
    configs.add(awdLstmConfig("{}"));
    return configs;
  }

  /** Decoders of every family, with every way of their positions. */
  public static List<String> decoderConfigs() {
    List<String> configs = new ArrayList<>();
    LLAMAS.forEach(extra -> configs.add(llamaConfig(extra)));
    configs.add(gpt2Config("{}"));
    configs.addAll(TinyDecoders.all());
    return configs;
  }

  /** All that read from left to right. */
  public static List<String> causalConfigs() {
    List<String> configs = decoderConfigs();
    configs.add(awdLstmConfig("{}"));
    return configs;
  }

  /** Windows are short, so that rows of a few tokens have several. */
  public static String awdLstmConfig(String extra) {
    return merged(
        """
        {'architectures': ['AwdLstmForCausalLM'], 'embedding_size': 24, 'hidden_size': 20,
         'num_hidden_layers': 3, 'vocab_size': 96, 'bptt': 5, 'max_len': 8,
         'classifier_hidden_size': 10, 'initializer_range': 0.25}
        """,
        extra);
  }

  public static String awdLstmClassifier() {
    return awdLstmConfig(
        "{'architectures': ['AwdLstmForSequenceClassification'], 'num_labels': 3}");
  }

  public static Model llama() {
    return random(llamaConfig("{}"));
  }

  public static Model tiedLlama() {
    return random(llamaConfig("{'tie_word_embeddings': true}"));
  }

  public static Model gpt2() {
    return random(gpt2Config("{}"));
  }

  public static Model bert(String architecture) {
    return random(bertConfig(architecture));
  }

  /** Always the same weights for the same configuration. */
  public static Model random(String json) {
    Engine.seed(7);
    Model model = Families.random(config(json));
    try (Scope scope = Scope.open()) {
      // Zero biases and unit norms would hide that one of them is left out.
      for (Parameter parameter : model.parameters()) {
        parameter.value().addInPlace(Tensors.normal(0, 0.1, parameter.value().shape()), 1);
      }
    }
    return model;
  }

  public static Config config(String json) {
    try {
      Path file = Files.createTempFile("config", ".json");
      Files.writeString(file, json);
      Config config = Config.read(file);
      Files.delete(file);
      return config;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A config with some keys replaced; single quotes stand for double ones. */
  public static String merged(String base, String extra) {
    ObjectNode node = (ObjectNode) JSON.readTree(base.replace('\'', '"'));
    node.setAll((ObjectNode) JSON.readTree(extra.replace('\'', '"')));
    return node.toString();
  }

  /** Writes a Hugging Face folder whose tensor names went through {@code rename}. */
  public static Path write(Path folder, String json, Model model, UnaryOperator<String> rename) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    model.parameters().forEach(p -> tensors.put(rename.apply(p.name()), p.value()));
    return write(folder, json, tensors);
  }

  public static Path write(Path folder, String json, Map<String, Tensor> tensors) {
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("config.json"), json);
      TensorFile.write(folder.resolve("model.safetensors"), tensors);
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Rows of 3 to 12 tokens, of which those after the second are learned. */
  public static List<TokenRow> rows(long seed, int count) {
    Random random = new Random(seed);
    List<TokenRow> rows = new ArrayList<>();
    for (int r = 0; r < count; r++) {
      int[] ids = random.ints(3 + random.nextInt(10), 1, VOCAB).toArray();
      boolean[] learned = new boolean[ids.length];
      for (int t = 2; t < ids.length; t++) {
        learned[t] = true;
      }
      rows.add(new TokenRow(ids, learned, random.nextInt(3), "rows.jsonl:" + (r + 1)));
    }
    return rows;
  }

  /** One row without padding. */
  public static Inputs inputs(int... ids) {
    return Inputs.of(Tensors.of(wide(ids), 1, ids.length));
  }

  public static long[] wide(int[] ids) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      wide[i] = ids[i];
    }
    return wide;
  }

  /** The largest distance between elements; infinite where the lengths differ or one is NaN. */
  public static double distance(float[] a, float[] b) {
    if (a.length != b.length) {
      return Double.POSITIVE_INFINITY;
    }
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      double distance = Math.abs(a[i] - b[i]);
      largest = Double.isNaN(distance) ? Double.POSITIVE_INFINITY : Math.max(largest, distance);
    }
    return largest;
  }
}
