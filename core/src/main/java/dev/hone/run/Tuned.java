package dev.hone.run;

import dev.hone.config.Place;
import dev.hone.data.DataConfig;
import dev.hone.data.Example;
import dev.hone.data.chat.ChatEncoder;
import dev.hone.data.chat.ChatTemplate;
import dev.hone.data.chat.Message;
import dev.hone.error.HoneException;
import dev.hone.method.AdapterFiles;
import dev.hone.method.Method;
import dev.hone.method.lora.Combination;
import dev.hone.method.lora.Lora;
import dev.hone.method.multitaskprompttuning.MultitaskPromptTuning;
import dev.hone.model.Adapter;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Inputs;
import dev.hone.model.Pass;
import dev.hone.model.Storage;
import dev.hone.model.head.HeadKind;
import dev.hone.run.head.HeadLogits;
import dev.hone.run.head.HeadTask;
import dev.hone.store.Folders;
import dev.hone.store.hub.Repo;
import dev.hone.store.hub.Transfer;
import dev.hone.tensor.DType;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Precision;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import dev.hone.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a run left, ready for use: base, adapter and the words in which to ask.
 *
 * @param method null for a whole model
 * @param card empty where another program wrote the folder
 */
public record Tuned(Base base, @Nullable Method method, Optional<AdapterCard> card)
    implements AutoCloseable {

  /**
   * Opens a run's folder, an adapter's, or a model's.
   *
   * @param model the base's folder, where it is another one than the adapter names; or null
   * @throws HoneException when an adapter does not belong to its base, or changes nothing
   */
  public static Tuned open(Path folder, @Nullable Path model) {
    return open(folder, model, Transfer.SILENT);
  }

  /**
   * The same; each of both may also be {@code owner/name} on the Hub where no such folder is.
   *
   * @param listener hears how far files are that have to be fetched
   */
  public static Tuned open(Path given, @Nullable Path base, Transfer listener) {
    Path folder = StagedRun.last(Located.folder(given, listener));
    Path model = base == null ? null : Located.folder(base, listener);
    if (AdapterFiles.isIn(folder.resolve("adapter"))) {
      return adapter(folder.resolve("adapter"), model, listener);
    }
    if (AdapterFiles.isIn(folder)) {
      return adapter(folder, model, listener);
    }
    boolean run = Files.exists(folder.resolve("recipe.yaml"));
    if (run && !Files.exists(folder.resolve("model").resolve("model.safetensors"))) {
      throw new HoneException(
          folder + " holds a run that is not finished; 'hone train' with its recipe takes it up");
    }
    Path whole = run ? folder.resolve("model") : folder;
    if (model != null) {
      throw new HoneException(
          whole + " is a whole model and takes no other base: leave out --model");
    }
    Base opened = Base.open(whole);
    if (!opened.model().made().isEmpty()) {
      String missing = opened.model().made().getFirst();
      opened.close();
      throw new HoneException(
          whole + ": tensor '" + missing + "' is missing, so that every answer would be random");
    }
    return new Tuned(opened, null, AdapterCard.read(whole));
  }

  private static Tuned adapter(Path folder, @Nullable Path model, Transfer listener) {
    Optional<AdapterCard> card = AdapterCard.read(folder);
    Path named = model == null ? named(folder, listener) : model;
    List<String> labels = card.map(AdapterCard::labels).orElse(List.of());
    UnaryOperator<Tokenizer> wider = known -> wider(folder, known);
    Storage storage = card.map(AdapterCard::storage).orElse(Storage.AUTO);
    HeadKind head = card.map(AdapterCard::head).orElse(null);
    Base opened =
        head == null
            ? Base.open(named, storage, wider)
            : Base.headed(named, storage, wider, head, labels);
    if (head == null && !labels.isEmpty() && !opened.speaks()) { // a card of an older version
      opened.close();
      opened = Base.headed(named, storage, wider, HeadKind.SINGLE_LABEL, labels);
    }
    try {
      return attached(opened, folder, card);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /**
   * One more adapter on a base that is open already, which stays open when this is refused.
   *
   * @param given the folder of a run that has left an adapter, an adapter's, or its name on the Hub
   * @param listener hears how far files are that have to be fetched
   * @throws HoneException when it needs another base, kept or headed otherwise, or changes nothing
   */
  public static Tuned on(Base base, Path given, Transfer listener) {
    Path left = StagedRun.last(Located.folder(given, listener));
    Path run = left.resolve("adapter");
    Path folder = AdapterFiles.isIn(run) ? run : left;
    if (!AdapterFiles.isIn(folder)) {
      throw new HoneException(given + " holds no adapter, and no run that has left one");
    }
    Optional<AdapterCard> card = AdapterCard.read(folder);
    card.ifPresent(own -> own.requireForm(base, folder));
    Tokenizer own = wider(folder, base.tokenizer());
    if (own != base.tokenizer()) {
      own.close();
      throw new HoneException(
          folder + " brings tokens that the open base has no rows for; open it alone");
    }
    return attached(base, folder, card);
  }

  private static Tuned attached(Base base, Path folder, Optional<AdapterCard> card) {
    card.ifPresent(own -> own.requireBase(base, folder));
    Method method = AdapterFiles.read(folder, base.model());
    try {
      if (method instanceof MultitaskPromptTuning prompt) {
        card.ifPresent(own -> prompt.named(own.tasks()));
      }
      Tuned tuned = new Tuned(base, method, card);
      tuned.requireEffect(folder);
      return tuned;
    } catch (RuntimeException e) {
      method.close();
      throw e;
    }
  }

  /** The base without the adapter. */
  public Tuned alone() {
    return new Tuned(base, null, Optional.empty());
  }

  /**
   * One LoRA adapter made of several on the same base, asked as they are if they agree on that.
   *
   * @param weights one for each
   */
  public static Tuned combined(List<Tuned> parts, double[] weights, Combination how) {
    List<Lora> adapters = new ArrayList<>();
    for (Tuned part : parts) {
      if (!(part.method() instanceof Lora lora)) {
        throw new HoneException("combine: only LoRA adapters can be made into one");
      }
      adapters.add(lora);
    }
    Base base = parts.getFirst().base();
    List<AdapterCard> cards = parts.stream().flatMap(part -> part.card().stream()).toList();
    Lora combined = how.of(adapters, weights, base.model());
    return new Tuned(
        base,
        combined,
        cards.isEmpty() ? Optional.empty() : Optional.of(AdapterCard.common(cards)));
  }

  /**
   * Writes the adapter into a folder of its own and reads it back.
   *
   * @param to a folder that does not exist yet
   * @throws HoneException when what was written is not the same, and is removed again
   */
  public void export(Path to) {
    if (Files.exists(to)) {
      throw new HoneException(to + " exists; name a folder that does not");
    }
    try {
      writeAdapter(to);
      requireWritten(to);
    } catch (RuntimeException e) {
      Folders.delete(to);
      throw e;
    }
  }

  private void requireWritten(Path folder) {
    try (Method again = AdapterFiles.read(folder, base.model())) {
      Map<String, Tensor> written = again.trainable();
      Objects.requireNonNull(method)
          .trainable()
          .forEach(
              (name, tensor) -> {
                Tensor same = written.get(name);
                if (same == null || !same.contentEquals(tensor)) {
                  throw new HoneException(folder + ": '" + name + "' reads back as something else");
                }
              });
    }
  }

  /** Writes the adapter's folder, as a run leaves it. */
  void writeAdapter(Path folder) {
    Optional<Repo> repo = Repo.ofSnapshot(base.folder());
    String name = repo.map(Repo::id).orElse(base.folder().toString());
    String revision = repo.map(Repo::revision).orElse(null);
    AdapterFiles.write(folder, Objects.requireNonNull(method), base.model(), name, revision);
    base.writeTokenizer(folder);
    card.ifPresent(own -> AdapterCard.write(folder, own));
  }

  /** The tokenizer beside an adapter that brings tokens of its own; otherwise the base's. */
  private static Tokenizer wider(Path folder, Tokenizer known) {
    if (!Files.exists(folder.resolve("tokenizer.json"))) {
      return known;
    }
    Tokenizer own = Tokenizer.open(folder);
    if (own.vocabSize() > known.vocabSize()) {
      return own;
    }
    own.close();
    return known;
  }

  private static Path named(Path folder, Transfer listener) {
    JsonNode config = AdapterFiles.config(folder);
    String name = AdapterFiles.base(config);
    if (Place.isRepository(name, Path.of(""))) {
      String revision = config.path("revision").asString("");
      String pinned = revision.isEmpty() || name.contains("@") ? name : name + "@" + revision;
      return Located.fetched(pinned, folder + ": base model", listener);
    }
    if (name.isEmpty() || !Files.isDirectory(Path.of(name))) {
      throw new HoneException(
          folder + ": base model '" + name + "' is no folder here; name it with --model");
    }
    return Path.of(name);
  }

  /**
   * An adapter that is served while it does nothing is the worst kind of failure: it looks fine.
   */
  private void requireEffect(Path folder) {
    // BF16 would hide what a short training has changed.
    try (Scope scope = Scope.open();
        Precision exact = Precision.of(DType.F32);
        GradMode off = GradMode.off()) {
      int room = base.model().backbone().maxPositions() - adapter().taken();
      int words = Math.min(8, room);
      Inputs probe = Inputs.of(Tensors.arange(words).view(1, words));
      Tensor plain = base.model().logits(probe, Pass.plain());
      if (plain.contentEquals(base.model().logits(probe, Pass.plain().with(adapter())))) {
        throw new HoneException(folder + ": the adapter changes nothing: it was not trained");
      }
    }
  }

  /**
   * Token ids of a text, put as the training put such texts: through the chat template, or into the
   * prompt's pattern.
   *
   * @throws HoneException when the model's chat template is another one than in the training
   */
  public int[] question(String text) {
    String template = card.map(AdapterCard::chatTemplate).orElse("");
    if (!template.isEmpty()) {
      return chat(template).prompt(List.of(new Message("user", text)));
    }
    String asked = card.map(c -> c.prompt().replace("{text}", text)).orElse(text);
    if (base.model().backbone() instanceof EncoderDecoder) {
      return base.tokenizer().encodeWithSpecial(asked); // a text that is read whole
    }
    int[] ids = base.tokenizer().encode(asked);
    if (!base.tokenizer().addsBos()) {
      return ids;
    }
    int[] begun = new int[ids.length + 1];
    begun[0] = base.tokenizer().bosId();
    System.arraycopy(ids, 0, begun, 1, ids.length);
    return begun;
  }

  private ChatEncoder chat(String expected) {
    ChatTemplate template = ChatTemplate.of(base.folder());
    if (!template.hash().equals(expected)) {
      throw new HoneException(
          template.name()
              + ": this chat template is not the one of the training (their hashes differ), so that"
              + " answers would be gibberish; put the old one back, or ask with --raw");
    }
    return new ChatEncoder(base.tokenizer(), template);
  }

  /** What a head answers to one row. */
  public <E extends Example, A> A answer(HeadTask<E, A> task, E example, Adapter adapter) {
    return task.answer(example, new HeadLogits(base.model(), adapter, base.tokenizer().padId()));
  }

  /** What the model's head is asked; empty where it writes. */
  public Optional<HeadTask<?, ?>> task() {
    if (base.speaks()) {
      return Optional.empty();
    }
    return card.isPresent()
        ? card.get().questions(base, labels()).task()
        : Questions.of(base, DataConfig.defaults(), labels(), null).task();
  }

  /** The labels of the training; where no card tells them, those of a head's configuration. */
  public List<String> labels() {
    List<String> known = card.map(AdapterCard::labels).orElse(List.of());
    boolean named = base.head().filter(HeadKind::namesLabels).isPresent();
    return known.isEmpty() && named ? HeadKind.labels(base.model().config()) : known;
  }

  public Adapter adapter() {
    return method == null ? Adapter.NONE : method;
  }

  @Override
  public void close() {
    if (method != null) {
      method.close();
    }
    base.close();
  }
}
