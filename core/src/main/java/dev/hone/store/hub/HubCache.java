package dev.hone.store.hub;

import dev.hone.error.HoneException;
import dev.hone.store.AtomicFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * The cache as Python's huggingface_hub lays it out, so that each finds what the other has fetched:
 *
 * <pre>
 * models--owner--name/blobs/HASH                 contents
 * models--owner--name/refs/main                  the commit of a branch
 * models--owner--name/snapshots/COMMIT/FILE      a relative link to its blob
 * .locks/models--owner--name/HASH.lock           held while the blob is being fetched
 * </pre>
 */
final class HubCache {
  private static final ConcurrentMap<Path, ReentrantLock> OURS = new ConcurrentHashMap<>();

  private final Path root;
  private final boolean symlinks;

  HubCache(HubSettings settings) {
    this.root = settings.cache();
    this.symlinks = settings.symlinks();
  }

  Path root() {
    return root;
  }

  Path blob(Repo repo, String etag) {
    return root.resolve(repo.folder()).resolve("blobs").resolve(etag);
  }

  /** The folder of a commit. */
  Path snapshot(Repo at) {
    return root.resolve(at.folder()).resolve("snapshots").resolve(at.revision());
  }

  /** A file of a commit, whether it is there or not. */
  Path file(Repo at, String name) {
    return snapshot(at).resolve(FileNames.checked(at, name));
  }

  /** The commit that a revision stood for when it was last asked for. */
  Optional<Repo> known(Repo repo) {
    if (Repo.isCommit(repo.revision())) {
      return Optional.of(repo);
    }
    Path ref = ref(repo);
    try {
      String commit = Files.isRegularFile(ref) ? Files.readString(ref).strip() : "";
      return Repo.isCommit(commit) ? Optional.of(repo.at(commit)) : Optional.empty();
    } catch (IOException e) {
      throw new HoneException("cannot read " + ref + ": " + e.getMessage(), e);
    }
  }

  /** Names of the files that are there of a commit, with '/' between folders. */
  List<String> files(Repo at) {
    Path folder = snapshot(at);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile) // follows links: one without its blob is not there
          .map(f -> folder.relativize(f).toString().replace('\\', '/'))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new HoneException("cannot list " + folder + ": " + e.getMessage(), e);
    }
  }

  void remember(Repo repo, String commit) {
    Path ref = ref(repo);
    if (!Repo.isCommit(repo.revision())
        && known(repo).filter(k -> k.revision().equals(commit)).isEmpty()) {
      AtomicFiles.write(ref, commit);
    }
  }

  private Path ref(Repo repo) {
    return root.resolve(repo.folder()).resolve("refs").resolve(repo.revision());
  }

  /** Makes a blob a file of a commit. */
  void link(Path blob, Path file, boolean fresh) throws IOException {
    Files.createDirectories(file.resolveSibling(""));
    Files.deleteIfExists(file);
    if (symlinks) {
      try {
        Files.createSymbolicLink(file, file.resolveSibling("").relativize(blob));
        return;
      } catch (UnsupportedOperationException | IOException e) {
        // Windows without the right to make links, or a file system that has none
        if (Files.exists(file)) {
          return; // another process was faster
        }
      }
    }
    if (fresh) {
      Files.move(blob, file, StandardCopyOption.REPLACE_EXISTING);
    } else {
      Path beside = file.resolveSibling("." + file.getFileName() + ".tmp");
      Files.copy(blob, beside, StandardCopyOption.REPLACE_EXISTING);
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** One of this process's threads and one process at a time fetch a blob. */
  Held lock(Repo repo, String etag) throws IOException {
    Path path = root.resolve(".locks").resolve(repo.folder()).resolve(etag + ".lock");
    ReentrantLock own = OURS.computeIfAbsent(path, _ -> new ReentrantLock());
    own.lock();
    try {
      Files.createDirectories(path.resolveSibling(""));
      FileChannel channel =
          FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        var ignored = channel.lock(); // given back when the channel is closed
      } catch (IOException e) {
        // A file system without locks: the hash is checked, and the rename is atomic.
      }
      return new Held(channel, own);
    } catch (IOException | RuntimeException e) {
      own.unlock();
      throw e;
    }
  }

  /** A lock; closed by the thread that took it. */
  record Held(FileChannel channel, ReentrantLock own) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      try {
        channel.close();
      } finally {
        own.unlock();
      }
    }
  }
}
