"""The parameters of dual_momentum. Made by `make docs`; do not edit."""
import re
REGEX_PATTERNS = {'^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)': re.compile('^[A-Za-z0-9.^=_&-]{1,20}\\Z(?!\\n)')}
NoneType = type(None)
def validate(data):
    if not isinstance(data, dict):
        raise ValueError
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if 'lookback_period' in data_keys:
            data_keys.remove('lookback_period')
            data__lookbackperiod = data['lookback_period']
            if not isinstance(data__lookbackperiod, int) and (not (isinstance(data__lookbackperiod, float) and data__lookbackperiod.is_integer())) or isinstance(data__lookbackperiod, bool):
                raise ValueError
            if isinstance(data__lookbackperiod, (int, float)) and (not isinstance(data__lookbackperiod, bool)):
                if data__lookbackperiod < 1:
                    raise ValueError
                if data__lookbackperiod > 5000:
                    raise ValueError
        if 'lookback_unit' in data_keys:
            data_keys.remove('lookback_unit')
            data__lookbackunit = data['lookback_unit']
            if not isinstance(data__lookbackunit, str):
                raise ValueError
            if not (isinstance(data__lookbackunit, str) and data__lookbackunit == 'sessions' or (isinstance(data__lookbackunit, str) and data__lookbackunit == 'months')):
                raise ValueError
        if 'lookbacks' in data_keys:
            data_keys.remove('lookbacks')
            data__lookbacks = data['lookbacks']
            if not isinstance(data__lookbacks, (list, NoneType)):
                raise ValueError
            data__lookbacks_is_list = isinstance(data__lookbacks, (list,))
            if data__lookbacks_is_list:
                data__lookbacks_len = len(data__lookbacks)
                if data__lookbacks_len < 1:
                    raise ValueError
                if data__lookbacks_len > 12:
                    raise ValueError
                for data__lookbacks_x, data__lookbacks_item in enumerate(data__lookbacks):
                    if not isinstance(data__lookbacks_item, dict):
                        raise ValueError
                    data__lookbacks_item_is_dict = isinstance(data__lookbacks_item, dict)
                    if data__lookbacks_item_is_dict:
                        data__lookbacks_item__missing_keys = set(['period']) - data__lookbacks_item.keys()
                        if data__lookbacks_item__missing_keys:
                            raise ValueError
                        data__lookbacks_item_keys = set(data__lookbacks_item.keys())
                        if 'period' in data__lookbacks_item_keys:
                            data__lookbacks_item_keys.remove('period')
                            data__lookbacks_item__period = data__lookbacks_item['period']
                            if not isinstance(data__lookbacks_item__period, int) and (not (isinstance(data__lookbacks_item__period, float) and data__lookbacks_item__period.is_integer())) or isinstance(data__lookbacks_item__period, bool):
                                raise ValueError
                            if isinstance(data__lookbacks_item__period, (int, float)) and (not isinstance(data__lookbacks_item__period, bool)):
                                if data__lookbacks_item__period < 1:
                                    raise ValueError
                                if data__lookbacks_item__period > 5000:
                                    raise ValueError
                        if 'weight' in data__lookbacks_item_keys:
                            data__lookbacks_item_keys.remove('weight')
                            data__lookbacks_item__weight = data__lookbacks_item['weight']
                            if not isinstance(data__lookbacks_item__weight, (int, float)) or isinstance(data__lookbacks_item__weight, bool):
                                raise ValueError
                            if isinstance(data__lookbacks_item__weight, (int, float)) and (not isinstance(data__lookbacks_item__weight, bool)):
                                if data__lookbacks_item__weight > 1000000:
                                    raise ValueError
                                if data__lookbacks_item__weight <= 0:
                                    raise ValueError
                        if data__lookbacks_item_keys:
                            raise ValueError
        if 'skip_period' in data_keys:
            data_keys.remove('skip_period')
            data__skipperiod = data['skip_period']
            if not isinstance(data__skipperiod, int) and (not (isinstance(data__skipperiod, float) and data__skipperiod.is_integer())) or isinstance(data__skipperiod, bool):
                raise ValueError
            if isinstance(data__skipperiod, (int, float)) and (not isinstance(data__skipperiod, bool)):
                if data__skipperiod < 0:
                    raise ValueError
                if data__skipperiod > 1000:
                    raise ValueError
        if 'score' in data_keys:
            data_keys.remove('score')
            data__score = data['score']
            if not isinstance(data__score, str):
                raise ValueError
            if not (isinstance(data__score, str) and data__score == 'return' or (isinstance(data__score, str) and data__score == 'risk_adjusted')):
                raise ValueError
        if 'top_n' in data_keys:
            data_keys.remove('top_n')
            data__topn = data['top_n']
            if not isinstance(data__topn, int) and (not (isinstance(data__topn, float) and data__topn.is_integer())) or isinstance(data__topn, bool):
                raise ValueError
            if isinstance(data__topn, (int, float)) and (not isinstance(data__topn, bool)):
                if data__topn < 1:
                    raise ValueError
                if data__topn > 500:
                    raise ValueError
        if 'refuge_symbol' in data_keys:
            data_keys.remove('refuge_symbol')
            data__refugesymbol = data['refuge_symbol']
            if not isinstance(data__refugesymbol, (str, NoneType)):
                raise ValueError
            if isinstance(data__refugesymbol, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__refugesymbol):
                    raise ValueError
        if 'absolute_symbol' in data_keys:
            data_keys.remove('absolute_symbol')
            data__absolutesymbol = data['absolute_symbol']
            if not isinstance(data__absolutesymbol, (str, NoneType)):
                raise ValueError
            if isinstance(data__absolutesymbol, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9.^=_&-]{1,20}$(?!\\n)'].search(data__absolutesymbol):
                    raise ValueError
        if 'hurdle_rate' in data_keys:
            data_keys.remove('hurdle_rate')
            data__hurdlerate = data['hurdle_rate']
            if not isinstance(data__hurdlerate, (int, float)) or isinstance(data__hurdlerate, bool):
                raise ValueError
            if isinstance(data__hurdlerate, (int, float)) and (not isinstance(data__hurdlerate, bool)):
                if data__hurdlerate < -1:
                    raise ValueError
                if data__hurdlerate > 10:
                    raise ValueError
        if 'weighting' in data_keys:
            data_keys.remove('weighting')
            data__weighting = data['weighting']
            if not isinstance(data__weighting, str):
                raise ValueError
            if not (isinstance(data__weighting, str) and data__weighting == 'allocation' or (isinstance(data__weighting, str) and data__weighting == 'equal') or (isinstance(data__weighting, str) and data__weighting == 'inverse_volatility')):
                raise ValueError
        if 'rebalance_frequency' in data_keys:
            data_keys.remove('rebalance_frequency')
            data__rebalancefrequency = data['rebalance_frequency']
            if not isinstance(data__rebalancefrequency, str):
                raise ValueError
            if not (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'never' or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'daily') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'weekly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'monthly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'quarterly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'semiannually') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'annually')):
                raise ValueError
        if data_keys:
            raise ValueError
    return data
