package dev.hone.run;

import dev.hone.data.Example;
import dev.hone.error.HoneException;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Model;
import dev.hone.model.ModelFiles;
import dev.hone.model.NewModel;
import dev.hone.model.NewTokens;
import dev.hone.model.Storage;
import dev.hone.model.family.Families;
import dev.hone.model.head.HeadKind;
import dev.hone.model.head.TextHead;
import dev.hone.recipe.Recipe;
import dev.hone.store.ModelFolder;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Precision;
import dev.hone.tokenizer.BpeTrainer;
import dev.hone.tokenizer.BpeVocabulary;
import dev.hone.tokenizer.Tokenizer;
import dev.hone.train.CausalLmObjective;
import dev.hone.train.Objective;
import dev.hone.train.Seq2SeqObjective;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * The model that a run starts from, with its tokenizer.
 *
 * @param folder where its tokenizer lies, and its weights unless it is new
 * @param fingerprint of configuration and weights; empty for a new model
 * @param storage of its matrices
 */
public record Base(
    Model model, Tokenizer tokenizer, Path folder, String fingerprint, Storage storage)
    implements AutoCloseable {

  /** Opens a folder. */
  public static Base open(Path folder) {
    return open(folder, Storage.AUTO);
  }

  /** The same with its matrices kept in this form. */
  public static Base open(Path folder, Storage storage) {
    return open(folder, storage, tokenizer -> tokenizer);
  }

  /**
   * The same with a tokenizer that may know more tokens, for which the model gets rows.
   *
   * @param wider makes it of the folder's own
   */
  static Base open(Path folder, Storage storage, UnaryOperator<Tokenizer> wider) {
    return open(folder, storage, wider, tokens -> Families.load(folder, storage, tokens));
  }

  /**
   * Opens a folder with a head of this kind, made new where there is none.
   *
   * @param labels that it tells apart, where it does
   */
  static Base headed(
      Path folder,
      Storage storage,
      UnaryOperator<Tokenizer> wider,
      HeadKind kind,
      List<String> labels) {
    if (kind == HeadKind.SINGLE_LABEL) {
      requireClasses(folder, labels);
    }
    return open(
        folder, storage, wider, tokens -> Families.headed(folder, kind, labels, storage, tokens));
  }

  private static void requireClasses(Path folder, List<String> labels) {
    if (labels.isEmpty()) {
      throw new HoneException(
          folder
              + ": this model does not write text, it tells labels apart, but the rows have no"
              + " labels; give rows with text and label, or another model");
    }
    labels.stream()
        .filter(label -> label.matches("[-+]?\\d*\\.\\d+([eE][-+]?\\d+)?"))
        .findFirst()
        .ifPresent(
            number -> {
              throw new HoneException(
                  "the label '"
                      + number
                      + "' is a number, and a head would take each number for a class; say that it"
                      + " is one with data.format=regression, or put names of classes there (low,"
                      + " high)");
            });
  }

  private static Base open(
      Path folder,
      Storage storage,
      UnaryOperator<Tokenizer> wider,
      Function<NewTokens, Model> load) {
    ModelFolder.requireFolder(folder); // before the tokenizer in it is missed
    Tokenizer known = Tokenizer.open(folder);
    Tokenizer tokenizer = known;
    Model model = null;
    try {
      tokenizer = wider.apply(known);
      model = load.apply(NewTokens.of(known, tokenizer));
      String fingerprint = model.folder() == null ? "" : model.folder().fingerprint();
      return new Base(model, tokenizer, folder, fingerprint, storage);
    } catch (RuntimeException e) {
      tokenizer.close();
      if (model != null) {
        model.close();
      }
      throw e;
    } finally {
      if (tokenizer != known) {
        known.close();
      }
    }
  }

  /** Writes the tokenizer's files, with the tokens that it has got beside those of its folder. */
  void writeTokenizer(Path to) {
    ModelFiles.copyTokenizer(folder, to);
    if (!model.newTokens().isEmpty()) {
      tokenizer.save(to);
    }
  }

  /**
   * A new model: trains the tokenizer on the training texts, unless an earlier start of this run
   * has left it in {@code folder}, and draws the weights.
   */
  static Base create(
      Recipe recipe, NewModel config, List<Example> train, Path folder, RunListener listener) {
    if (recipe.tokenizer().adds()) {
      throw new HoneException(
          "tokenizer.addTokens: a new model learns its tokens from the rows; leave it out");
    }
    if (!Files.exists(folder.resolve("tokenizer.json"))) {
      listener.phase("tokenizer");
      BpeTrainer.train(() -> texts(train), config.vocabSize()).save(folder);
    }
    Tokenizer tokenizer = Tokenizer.open(folder);
    Engine.seed(recipe.seed());
    int end = tokenizer.id(BpeVocabulary.END_OF_TEXT);
    Model model = Families.random(config.config(end, tokenizer.id(BpeVocabulary.PAD)));
    return new Base(model, tokenizer, folder, "", Storage.FLOAT32);
  }

  private static java.util.Iterator<String> texts(List<Example> examples) {
    return examples.stream()
        .map(
            e ->
                switch (e) {
                  case Example.Text text -> text.text();
                  default ->
                      throw new HoneException(
                          e.origin()
                              + ": a new model is trained on plain text (data.format: text)");
                })
        .iterator();
  }

  /** Names the numbers that the model computes with: those of its files, or rounded ones. */
  String numbers() {
    String kept = storage.rounds() ? fingerprint + "-" + storage.word() : fingerprint;
    return Precision.type() == DType.F32 ? kept : kept + "-products-" + Precision.type();
  }

  /** What head the model has; empty where it answers in words. */
  public Optional<HeadKind> head() {
    return speaks() ? Optional.empty() : model.headKind();
  }

  /** Whether the model answers in words; otherwise it has a head for a task. */
  public boolean speaks() {
    return model.head() instanceof TextHead;
  }

  /** How the model is taught to write. */
  Objective writing() {
    return model.backbone() instanceof EncoderDecoder
        ? new Seq2SeqObjective()
        : new CausalLmObjective();
  }

  @Override
  public void close() {
    tokenizer.close();
    model.close();
  }
}
