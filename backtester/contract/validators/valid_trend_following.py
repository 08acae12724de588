"""The parameters of trend_following. Made by `make docs`; do not edit."""
NoneType = type(None)
def validate(data):
    if not isinstance(data, dict):
        raise ValueError
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if 'rule' in data_keys:
            data_keys.remove('rule')
            data__rule = data['rule']
            if not isinstance(data__rule, str):
                raise ValueError
            if not (isinstance(data__rule, str) and data__rule == 'price_above_average' or (isinstance(data__rule, str) and data__rule == 'averages_crossing')):
                raise ValueError
        if 'ma_period' in data_keys:
            data_keys.remove('ma_period')
            data__maperiod = data['ma_period']
            if not isinstance(data__maperiod, int) and (not (isinstance(data__maperiod, float) and data__maperiod.is_integer())) or isinstance(data__maperiod, bool):
                raise ValueError
            if isinstance(data__maperiod, (int, float)) and (not isinstance(data__maperiod, bool)):
                if data__maperiod < 2:
                    raise ValueError
                if data__maperiod > 5000:
                    raise ValueError
        if 'fast_period' in data_keys:
            data_keys.remove('fast_period')
            data__fastperiod = data['fast_period']
            if not isinstance(data__fastperiod, int) and (not (isinstance(data__fastperiod, float) and data__fastperiod.is_integer())) or isinstance(data__fastperiod, bool):
                raise ValueError
            if isinstance(data__fastperiod, (int, float)) and (not isinstance(data__fastperiod, bool)):
                if data__fastperiod < 1:
                    raise ValueError
                if data__fastperiod > 5000:
                    raise ValueError
        if 'ma_unit' in data_keys:
            data_keys.remove('ma_unit')
            data__maunit = data['ma_unit']
            if not isinstance(data__maunit, str):
                raise ValueError
            if not (isinstance(data__maunit, str) and data__maunit == 'sessions' or (isinstance(data__maunit, str) and data__maunit == 'months')):
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
