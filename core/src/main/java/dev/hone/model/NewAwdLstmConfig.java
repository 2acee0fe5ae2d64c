package dev.hone.model;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;
import dev.hone.store.Config;
import java.nio.file.Path;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** An AWD-LSTM (arXiv:1708.02182) to be trained from random weights. */
@Name("awd_lstm")
@Doc("An AWD-LSTM: a recurrent model, ULMFiT's")
public record NewAwdLstmConfig(
    @Doc("Numbers a word") @Range(min = 1) int embeddingSize,
    @Doc("Numbers that a layer remembers; the last one has as many as a word") @Range(min = 1)
        int hiddenSize,
    @Range(min = 1) int layers,
    @Doc("Tokens of the byte-level BPE tokenizer, special tokens included") @Range(min = 300)
        int vocabSize,
    @Doc("Positions that gradients go back over") @Range(min = 1) int bptt,
    @Doc("Dropout of whole words") @Range(min = 0, max = 0.95) double embeddingDropout,
    @Doc("Dropout before the first layer") @Range(min = 0, max = 0.95) double inputDropout,
    @Doc("Dropout between layers") @Range(min = 0, max = 0.95) double hiddenDropout,
    @Doc("Dropout of a layer's weights on its own state") @Range(min = 0, max = 0.95)
        double weightDropout,
    @Doc("Dropout after the last layer") @Range(min = 0, max = 0.95) double outputDropout,
    @Doc("Standard deviation of the random weights") @Range(min = 0, max = 1) double initStd)
    implements NewModel {

  public static NewAwdLstmConfig defaults() {
    return new NewAwdLstmConfig(400, 1152, 3, 6144, 70, 0.02, 0.25, 0.15, 0.2, 0.1, 0.04);
  }

  @Override
  public Config config(int endOfText, int pad) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.putArray("architectures").add("AwdLstmForCausalLM");
    json.put("model_type", "awd_lstm");
    json.put("vocab_size", vocabSize);
    json.put("embedding_size", embeddingSize);
    json.put("hidden_size", hiddenSize);
    json.put("num_hidden_layers", layers);
    json.put("bptt", bptt);
    json.put("embedding_dropout", embeddingDropout);
    json.put("input_dropout", inputDropout);
    json.put("hidden_dropout", hiddenDropout);
    json.put("weight_dropout", weightDropout);
    json.put("output_dropout", outputDropout);
    json.put("initializer_range", initStd);
    json.put("tie_word_embeddings", true);
    json.put("bos_token_id", endOfText);
    json.put("eos_token_id", endOfText);
    json.put("pad_token_id", pad);
    return Config.of(Path.of("newModel"), json);
  }
}
