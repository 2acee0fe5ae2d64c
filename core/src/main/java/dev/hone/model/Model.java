package dev.hone.model;

import dev.hone.model.head.HeadKind;
import dev.hone.store.Config;
import dev.hone.store.ModelFolder;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Tensor;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A backbone with a head, and the weights that it owns until closed. Its weights never change: what
 * trains is an {@link Adapter}'s.
 *
 * @param architecture the Hugging Face class name, for example LlamaForCausalLM
 * @param parameters in file order; a tied matrix stands once
 * @param linears by module path, head included
 * @param head the module path that is the output, which all-linear leaves out
 * @param fileNames parameter names, and what the files call them
 * @param made parameters that the files did not hold
 * @param surplus tensors in the files that the model does not use
 * @param newTokens tokens that the files know nothing of
 * @param folder the mapped files, or null for a model from random weights
 */
public record Model(
    String architecture,
    Config config,
    Backbone backbone,
    Head head,
    List<Parameter> parameters,
    Map<String, Linear> linears,
    Map<String, String> fileNames,
    List<String> made,
    List<String> surplus,
    NewTokens newTokens,
    @Nullable ModelFolder folder)
    implements AutoCloseable {

  /**
   * Ids to the head's logits. A soft prompt is a part of the row here: where the head answers for
   * every position, the prompt's stand first.
   */
  public Tensor logits(Inputs inputs, Pass pass) {
    Inputs read = pass.prompted(inputs);
    return head.logits(backbone.whole(inputs, pass), read, pass);
  }

  /** What kind of head it has; empty for a model that writes. */
  public Optional<HeadKind> headKind() {
    return HeadKind.of(
        architecture, config.optionalText("problem_type").orElse(""), labels().size());
  }

  /** What config.json calls the outputs of the head, in their order; two where it names none. */
  public List<String> labels() {
    return HeadKind.labels(config);
  }

  /** Names of the parameters that have an entry for every token. */
  public Set<String> words() {
    Set<String> names = new LinkedHashSet<>();
    names.add(backbone.tokens().weight().name());
    if (backbone instanceof EncoderDecoder pair) {
      names.add(pair.encoder().tokens().weight().name());
    }
    head.words().forEach(parameter -> names.add(parameter.name()));
    return names;
  }

  /** How many numbers the model has. */
  public long parameterCount() {
    return parameters.stream().mapToLong(p -> p.value().numel()).sum();
  }

  /**
   * A parameter as its file has it, F32 in the open scope; what is computed with may be rounded.
   * Nothing may write to it.
   */
  public Tensor original(Parameter parameter) {
    String inFile = fileNames.get(parameter.name());
    return folder == null || inFile == null
        ? parameter.value()
        : folder.numbers(inFile).to(Engine.device());
  }

  /** Memory that the weights take; those of a mapped file count as if they were all in memory. */
  public long weightBytes() {
    return parameters.stream().mapToLong(p -> p.value().bytes()).sum();
  }

  @Override
  public void close() {
    parameters.forEach(p -> p.value().close());
    if (folder != null) {
      folder.close();
    }
  }
}
