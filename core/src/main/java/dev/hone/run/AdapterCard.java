package dev.hone.run;

import dev.hone.data.DataConfig;
import dev.hone.error.HoneException;
import dev.hone.model.Storage;
import dev.hone.model.head.HeadKind;
import dev.hone.recipe.Recipe;
import dev.hone.store.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What Hone writes beside an adapter or a tuned model, in {@code hone.json}: how to ask it, and
 * which base it belongs to.
 *
 * @param baseFingerprint of the base's configuration and weights; empty for a whole model
 * @param dtype in which the base's matrices were kept; null in cards of older versions
 * @param prompt pattern with {text}
 * @param chatTemplate hash of the chat template that the training rows went through; empty where
 *     they were no conversations
 * @param answer pattern with {label}
 * @param labels in the order of their numbers; empty where rows had none
 * @param head that answers; null where the model writes, and in cards of older versions
 * @param maxTokens longest question with its answer, as in the training; 0 means the context
 * @param lengthNormalized whether an answer's likelihood counts per token
 * @param tasks that the adapter tells apart, in the order of their numbers; empty for one that does
 *     not
 */
public record AdapterCard(
    String baseFingerprint,
    @Nullable Storage dtype,
    String prompt,
    String chatTemplate,
    String answer,
    List<String> labels,
    @Nullable HeadKind head,
    int maxTokens,
    boolean lengthNormalized,
    List<String> tasks) {
  private static final String FILE = "hone.json";
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES) // cards of older versions
          .build();

  public AdapterCard {
    tasks = tasks == null ? List.of() : List.copyOf(tasks); // cards of older versions have none
  }

  static void write(Path folder, AdapterCard card) {
    AtomicFiles.write(folder.resolve(FILE), JSON.writeValueAsString(card));
  }

  static AdapterCard of(String baseFingerprint, Recipe recipe, Base base, Prepared rows) {
    return new AdapterCard(
        baseFingerprint,
        recipe.dtype(),
        recipe.data().question(rows.splits().format()),
        rows.chatTemplate(),
        recipe.data().answer(),
        rows.labels(),
        base.head().orElse(null),
        recipe.data().maxTokens(),
        recipe.evaluate().lengthNormalized(),
        recipe.method().tasks());
  }

  /**
   * Refuses another base than that of the training.
   *
   * @param folder this card's, for the message
   */
  void requireBase(Base base, Path folder) {
    if (!baseFingerprint.isEmpty() && !baseFingerprint.equals(base.fingerprint())) {
      throw new HoneException(
          folder
              + " was made for another base model than "
              + base.folder()
              + " (their fingerprints differ); name the right one, with --model or in the recipe");
    }
  }

  /** Refuses a base that is open in another form than the training had it. */
  void requireForm(Base base, Path folder) {
    boolean rounds = storage().rounds() || base.storage().rounds();
    if (rounds && storage() != base.storage()) {
      throw new HoneException(
          folder
              + " was trained on a base kept as "
              + storage().word()
              + ", which is open as "
              + base.storage().word()
              + "; open them apart");
    }
    if (head != base.head().orElse(null)) {
      throw new HoneException(
          folder
              + " was trained for "
              + (head == null ? "a model that writes" : "a head of kind " + head.word())
              + ", and the open base has "
              + base.head().map(kind -> "one of kind " + kind.word()).orElse("none of its own")
              + "; open them apart");
    }
  }

  /** A card for what several adapters of one base become together: their own, if they agree. */
  static AdapterCard common(List<AdapterCard> cards) {
    AdapterCard first = cards.getFirst();
    return cards.stream().allMatch(first::equals)
        ? first
        : new AdapterCard(
            first.baseFingerprint,
            first.dtype,
            "{text}",
            "",
            "",
            List.of(),
            first.head,
            0,
            first.lengthNormalized,
            List.of());
  }

  /** How the base is to be kept, so that the adapter meets the numbers of its training. */
  Storage storage() {
    return dtype == null ? Storage.AUTO : dtype;
  }

  /** The same for a model that needs no base any more. */
  AdapterCard ofWholeModel() {
    return onBase("");
  }

  /** The same for an adapter on a base with this fingerprint, kept as its file has it. */
  AdapterCard onBase(String fingerprint) {
    return new AdapterCard(
        fingerprint,
        Storage.AUTO,
        prompt,
        chatTemplate,
        answer,
        labels,
        head,
        maxTokens,
        lengthNormalized,
        tasks);
  }

  /** Encodes questions of a task with labels in the words of the training. */
  public Questions questions(Base base, List<String> labels) {
    return Questions.of(
        base, DataConfig.defaults().asking(prompt, answer, maxTokens), labels, null);
  }

  /** Empty for a folder that another program wrote. */
  public static Optional<AdapterCard> read(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(Files.readString(file), AdapterCard.class));
    } catch (IOException | JacksonException e) {
      throw new HoneException(file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
