"""Fit and save models that hold estimators of other libraries; runs in the origin environment.

Run as ``python third_party_models.py FOLDER``. ``FOLDER/rows.csv`` is the table that they are
fitted on. ``python third_party_models.py FOLDER predict FILE`` loads a file as a user's script
does, and prints what it predicts for these rows as JSON.
"""

import json
import sys
import warnings
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelBinarizer, OneHotEncoder, StandardScaler

NUMBERS, TEXTS = ["age", "income"], ["city", "plan"]


def table():
    """The table, and the labels."""
    random = np.random.RandomState(0)
    rows = pd.DataFrame(
        {
            "age": random.normal(40, 12, 300).round(1),
            "income": random.lognormal(10, 0.5, 300).round(2),
            "city": random.choice(["rome", "paris", "oslo", "bern"], 300),
            "plan": random.choice(["a", "b", "c"], 300),
        }
    )
    return rows, ((rows.age > 42) ^ (rows.city == "oslo")).astype(int)


def behind_columns(model):
    """A pipeline of a column transformer and the model, fitted."""
    rows, y = table()
    return make_pipeline(columns(), model).fit(rows, y)


def columns():
    """The step that scales the numbers and encodes the texts."""
    return make_column_transformer(
        (StandardScaler(), NUMBERS), (OneHotEncoder(handle_unknown="ignore"), TEXTS)
    )


def linear(*steps):
    """A pipeline of some steps and a logistic regression, fitted."""
    rows, y = table()
    return make_pipeline(*steps, LogisticRegression(max_iter=1000)).fit(rows, y)


def with_categories(rows):
    """The table with its texts as pandas' categories."""
    return rows.astype(dict.fromkeys(TEXTS, "category"))


def fit_xgboost():
    import xgboost

    rows, y = table()
    small = {"n_estimators": 20, "max_depth": 3, "random_state": 0}
    yield "xgboost_pipeline", behind_columns(xgboost.XGBClassifier(**small))
    yield "xgboost_alone", xgboost.XGBClassifier(**small).fit(rows[NUMBERS], y)
    matrix = xgboost.DMatrix(rows[NUMBERS], label=y)
    yield "xgboost_booster", xgboost.train({"objective": "binary:logistic"}, matrix, 10)
    calibrated = CalibratedClassifierCV(xgboost.XGBClassifier(n_estimators=5), cv=3)
    yield "xgboost_calibrated", behind_columns(calibrated)


def fit_lightgbm():
    from lightgbm import LGBMClassifier

    rows, y = table()
    small = {"n_estimators": 20, "verbose": -1}
    yield "lightgbm_pipeline", behind_columns(LGBMClassifier(**small))
    yield "lightgbm_alone", LGBMClassifier(**small).fit(rows[NUMBERS], y)
    yield "lightgbm_category", LGBMClassifier(**small).fit(with_categories(rows), y)


def fit_catboost():
    from catboost import CatBoostClassifier

    rows, y = table()
    small = {"iterations": 20, "verbose": 0, "allow_writing_files": False}
    yield "catboost_pipeline", behind_columns(CatBoostClassifier(**small))
    yield "catboost_category", CatBoostClassifier(cat_features=TEXTS, **small).fit(rows, y)


def fit_imbalanced_learn():
    from imblearn.over_sampling import SMOTE
    from imblearn.pipeline import make_pipeline as with_samplers

    rows, y = table()
    steps = columns(), SMOTE(random_state=0), LogisticRegression()
    yield "imbalanced_learn", with_samplers(*steps).fit(rows, y)


def fit_category_encoders():
    from category_encoders import TargetEncoder

    yield "category_encoders", linear(TargetEncoder(cols=TEXTS))


def fit_feature_engine():
    from feature_engine.encoding import OneHotEncoder as OneHot
    from feature_engine.encoding import RareLabelEncoder
    from feature_engine.imputation import MeanMedianImputer

    rare = RareLabelEncoder(variables=TEXTS, n_categories=2)
    steps = MeanMedianImputer(variables=["age"]), rare, OneHot(variables=TEXTS)
    yield "feature_engine", linear(*steps)


def fit_skrub():
    from skrub import TableVectorizer

    yield "skrub", linear(TableVectorizer())


def fit_sklearn_pandas():
    from sklearn_pandas import DataFrameMapper

    mapper = DataFrameMapper([(NUMBERS, StandardScaler()), ("city", LabelBinarizer())])
    yield "sklearn_pandas", linear(mapper)


def fit_statsmodels():
    import statsmodels.api as sm

    rows, _ = table()
    yield "statsmodels", sm.OLS(rows.income, sm.add_constant(rows[["age"]])).fit()


def fit_interpret():
    from interpret.glassbox import ExplainableBoostingClassifier

    rows, y = table()
    machine = ExplainableBoostingClassifier(outer_bags=2, max_rounds=50, n_jobs=1)
    yield "interpret", machine.fit(rows, y)


def fit_hdbscan():
    import hdbscan

    rows, _ = table()
    scaled = StandardScaler().fit_transform(rows[NUMBERS])
    yield "hdbscan", hdbscan.HDBSCAN(min_cluster_size=5).fit(scaled)


ALL = [
    *(fit_xgboost, fit_lightgbm, fit_catboost, fit_imbalanced_learn, fit_category_encoders),
    *(fit_feature_engine, fit_skrub, fit_sklearn_pandas, fit_statsmodels, fit_interpret),
    fit_hdbscan,
]


def save(folder):
    """Fit and save every model, and the table."""
    rows, _ = table()
    rows.to_csv(Path(folder) / "rows.csv", index=False)
    for fit in ALL:
        for name, model in fit():
            joblib.dump(model, Path(folder) / (name + ".joblib"))


def predict(file):
    """What a model predicts for the rows, as floats."""
    rows, _ = table()
    model, name = joblib.load(file), Path(file).stem
    if name in ("xgboost_alone", "lightgbm_alone"):
        rows = rows[NUMBERS]
    if name == "lightgbm_category":
        rows = with_categories(rows)
    if name == "xgboost_booster":
        import xgboost

        return model.predict(xgboost.DMatrix(rows[NUMBERS])).tolist()
    if name == "hdbscan":
        return model.labels_.tolist()
    if name == "statsmodels":
        return model.predict(rows.assign(const=1.0)[["const", "age"]]).tolist()
    return model.predict_proba(rows)[:, 1].tolist()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if len(sys.argv) == 2:
        save(sys.argv[1])
    else:
        try:
            sys.stdout.write(json.dumps(predict(sys.argv[3])))
        except Exception as error:
            sys.stdout.write(json.dumps(type(error).__name__))
