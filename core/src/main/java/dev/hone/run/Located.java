package dev.hone.run;

import dev.hone.config.Place;
import dev.hone.data.DataConfig;
import dev.hone.error.HoneException;
import dev.hone.recipe.Recipe;
import dev.hone.store.hub.Hub;
import dev.hone.store.hub.Repo;
import dev.hone.store.hub.Transfer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a recipe names, on this machine: a name on the Hub has become a folder of its cache.
 *
 * @param model null for a new model
 */
public record Located(@Nullable Path model, DataConfig data) {
  /** Before anything was looked for. */
  static final Located NOWHERE = new Located(null, DataConfig.defaults());

  static Located of(Recipe recipe, Transfer listener) {
    Place model = recipe.model();
    Path folder = null;
    if (model != null && recipe.newModel() == null) {
      folder = model.path().orElse(null);
      if (folder == null) {
        folder = fetched(model.name(), "model", listener);
      }
    }
    return new Located(folder, rows(recipe.data(), listener));
  }

  static DataConfig rows(DataConfig config, Transfer listener) {
    return config.located(places -> rows(places, listener));
  }

  private static List<Place> rows(List<Place> places, Transfer listener) {
    List<Place> local = new ArrayList<>();
    for (Place place : places) {
      if (place.onHub()) {
        try (Hub hub = Hub.open()) {
          hub.rows(place.name(), listener).forEach(file -> local.add(Place.of(file)));
        }
      } else {
        local.add(place);
      }
    }
    return local;
  }

  /** A folder that a command was given: what lies there comes first, then the Hub. */
  public static Path folder(Path given, Transfer listener) {
    String name = given.toString().replace('\\', '/');
    return !Files.exists(given) && Place.isRepository(name, Path.of(""))
        ? fetched(name, "model", listener)
        : given;
  }

  /**
   * A model of the Hub.
   *
   * @param what starts the message where there is no such model
   */
  static Path fetched(String name, String what, Transfer listener) {
    try (Hub hub = Hub.open()) {
      return hub.model(Repo.model(name), listener);
    } catch (HoneException e) {
      throw new HoneException(
          what + " " + name + ": no such folder here, and from the Hub: " + e.getMessage(), e);
    }
  }
}
