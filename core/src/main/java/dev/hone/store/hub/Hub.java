package dev.hone.store.hub;

import dev.hone.error.HoneException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The Hugging Face Hub by its public protocol. What is in the cache of Python's huggingface_hub is
 * used, and what is fetched is found by it.
 */
public final class Hub implements AutoCloseable {
  private static final int AT_ONCE = 4;

  private final HubSettings settings;
  private final HubHttp http;
  private final HubCache cache;
  private final Remote remote;
  private final Download download;

  public Hub(HubSettings settings) {
    this.settings = settings;
    this.http = new HubHttp(settings);
    this.cache = new HubCache(settings);
    this.remote = new Remote(http);
    this.download = new Download(http, cache);
  }

  /** With the settings of this process. */
  public static Hub open() {
    return new Hub(HubSettings.system());
  }

  /**
   * A model's folder: configuration, tokenizer, chat template and safetensors, or an adapter's
   * files. Asks the Hub which commit the revision stands for; a commit that is there as a whole is
   * not asked for again.
   *
   * @throws HoneException in one line for whatever stands in the way
   */
  public Path model(Repo repo, Transfer listener) {
    Optional<Repo> complete = cache.known(repo).filter(this::isWhole);
    if (complete.isPresent() && (settings.offline() || Repo.isCommit(repo.revision()))) {
      return cache.snapshot(complete.get());
    }
    Optional<Remote.Listing> listing = listing(repo, complete.isPresent());
    if (listing.isEmpty()) {
      return cache.snapshot(complete.orElseThrow());
    }
    Repo at = listing.get().repo();
    List<String> files = listing.get().files();
    List<String> needed = new ArrayList<>(ModelChoice.needed(repo, files));
    if (needed.contains(ModelChoice.INDEX)) {
      fetch(at, List.of(ModelChoice.INDEX), Transfer.SILENT);
      needed.addAll(ModelChoice.shards(at, cache.file(at, ModelChoice.INDEX)));
    }
    fetch(at, needed, listener);
    cache.remember(repo, at.revision());
    return cache.snapshot(at);
  }

  /**
   * Files with rows: the one that the address names, or those of a folder or repository that are
   * there to train on.
   *
   * @param address {@code hf://datasets/owner/name[@revision][/path]}
   */
  public List<Path> rows(String address, Transfer listener) {
    RowsChoice choice = RowsChoice.of(address);
    Repo repo = choice.repo();
    Optional<Repo> known = cache.known(repo).filter(k -> !cache.files(k).isEmpty());
    boolean named =
        known.isPresent()
            && !choice.path().isEmpty()
            && Files.isRegularFile(cache.file(known.get(), choice.path()));
    boolean settled =
        known.isPresent() && (settings.offline() || (named && Repo.isCommit(repo.revision())));
    Optional<Remote.Listing> listing =
        settled ? Optional.empty() : listing(repo, known.isPresent());
    Repo at = listing.map(Remote.Listing::repo).or(() -> known).orElseThrow();
    List<String> files =
        choice.among(listing.map(Remote.Listing::files).orElseGet(() -> cache.files(at)));
    if (listing.isPresent()) {
      fetch(at, files, listener);
      cache.remember(repo, at.revision());
    }
    return files.stream().map(f -> cache.file(at, f)).toList();
  }

  /** Whether a file of this name is part of a model or an adapter, and may be sent. */
  public static boolean isModelFile(String name) {
    return ModelChoice.isPart(name);
  }

  /** The licence that a repository's card names, or null. */
  public @Nullable String license(Repo repo) {
    return settings.offline() ? null : remote.list(repo).license();
  }

  /**
   * Sends files to a model's repository, which is made where there is none yet.
   *
   * @param hidden a new repository is private; one that is public already is refused
   * @param summary first line of the commit
   * @return address of the commit
   */
  public String push(
      Repo repo, boolean hidden, List<Payload> files, String summary, Transfer listener) {
    requireSignedIn(repo);
    return new Push(http, remote).send(repo, hidden, files, summary, listener);
  }

  /** Names of the files that a revision has; empty where there is no such repository yet. */
  public List<String> files(Repo repo) {
    requireSignedIn(repo);
    return remote.find(repo).map(Remote.Listing::files).orElse(List.of());
  }

  private void requireSignedIn(Repo repo) {
    if (settings.offline()) {
      throw new HoneException("HF_HUB_OFFLINE is set: nothing can be sent to " + repo);
    }
    if (settings.token().isEmpty()) {
      throw new HoneException(
          "nobody is signed in: put a token that may write from "
              + settings.endpoint()
              + "/settings/tokens into HF_TOKEN, or use 'hf auth login'");
    }
  }

  /** Empty where nobody answers, but the cache has what is needed. */
  private Optional<Remote.Listing> listing(Repo repo, boolean cached) {
    if (settings.offline()) {
      throw new HoneException(
          repo
              + " is not (or not wholly) in "
              + cache.root()
              + ", and HF_HUB_OFFLINE is set; unset it, or pull it where there is a network");
    }
    try {
      return Optional.of(remote.list(repo));
    } catch (HoneException e) {
      if (cached && HubHttp.isUnreachable(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private boolean isWhole(Repo at) {
    List<String> files = cache.files(at);
    try {
      List<String> needed = ModelChoice.needed(at, files);
      boolean model = files.contains("config.json") || files.contains("adapter_config.json");
      return model
          && (!needed.contains(ModelChoice.INDEX)
              || files.containsAll(ModelChoice.shards(at, cache.file(at, ModelChoice.INDEX))));
    } catch (HoneException e) {
      return false;
    }
  }

  private void fetch(Repo at, List<String> names, Transfer listener) {
    List<String> missing = names.stream().filter(n -> !Files.exists(cache.file(at, n))).toList();
    List<Remote.Entry> entries = each(missing, name -> remote.entry(at, name));
    List<Remote.Entry> absent =
        entries.stream().filter(e -> !Files.exists(cache.blob(at, e.etag()))).toList();
    Meter meter = new Meter(listener, absent.stream().mapToLong(Remote.Entry::size).sum());
    if (!absent.isEmpty()) {
      meter.add(absent.stream().mapToLong(e -> download.begun(at, e)).sum());
    }
    List<Boolean> ignored =
        each(
            entries,
            entry -> {
              download.fetch(at, entry, meter);
              return true;
            });
  }

  /** Several at once; the first that fails stops the others. */
  private static <A, B> List<B> each(List<A> inputs, Function<A, B> work) {
    try (ExecutorService threads =
        Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory())) {
      ExecutorCompletionService<B> ready = new ExecutorCompletionService<>(threads);
      List<Future<B>> all = inputs.stream().map(i -> ready.submit(() -> work.apply(i))).toList();
      try {
        List<B> results = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
          B ignored = ready.take().get();
        }
        for (Future<B> future : all) {
          results.add(future.resultNow());
        }
        return results;
      } catch (ExecutionException e) {
        threads.shutdownNow();
        throw e.getCause() instanceof RuntimeException cause
            ? cause
            : new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        threads.shutdownNow();
        Thread.currentThread().interrupt();
        throw new HoneException("interrupted while fetching", e);
      }
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
